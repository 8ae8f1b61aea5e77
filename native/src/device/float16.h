// bfloat16 and half of the host: storage of 16 bits, arithmetic in float, every conversion rounded to nearest even as the
// card does it.
#pragma once
#include <cstdint>
#include <cstring>

namespace sim {
template <class To, class From>
inline To bits(From from) {
    static_assert(sizeof(To) == sizeof(From), "sizes differ");
    To to;
    std::memcpy(&to, &from, sizeof to);
    return to;
}

// NaN becomes the card's canonical one, 0x7fff.
inline uint16_t bfloat16_bits(float value) {
    uint32_t u = bits<uint32_t>(value);
    if ((u & 0x7fffffffu) > 0x7f800000u) {
        return 0x7fff;
    }
    return static_cast<uint16_t>((u + 0x7fffu + (u >> 16 & 1)) >> 16);
}

inline float bfloat16_value(uint16_t h) { return bits<float>(static_cast<uint32_t>(h) << 16); }

inline uint16_t half_bits(float value) {
    uint32_t u = bits<uint32_t>(value);
    uint32_t sign = u >> 16 & 0x8000u;
    u &= 0x7fffffffu;
    if (u > 0x7f800000u) {
        return 0x7fff;
    }
    if (u >= 0x477ff000u) { // 65520 and more round to infinity
        return static_cast<uint16_t>(sign | 0x7c00u);
    }
    if (u < 0x38800000u) { // below 2^-14: subnormal; adding 0.5 makes the float unit do the rounding, at 2^-24
        float shifted = bits<float>(u) + 0.5f;
        return static_cast<uint16_t>(sign | (bits<uint32_t>(shifted) - 0x3f000000u));
    }
    u += 0xfffu + (u >> 13 & 1);
    return static_cast<uint16_t>(sign | ((u - 0x38000000u) >> 13));
}

inline float half_value(uint16_t h) {
    uint32_t sign = static_cast<uint32_t>(h & 0x8000u) << 16;
    uint32_t magnitude = h & 0x7fffu;
    if (magnitude >= 0x7c00u) {
        return bits<float>(sign | 0x7f800000u | (magnitude & 0x3ffu) << 13);
    }
    if (magnitude < 0x400u) {
        float value = static_cast<float>(magnitude) * 0x1p-24f;
        return bits<float>(sign | bits<uint32_t>(value));
    }
    return bits<float>(sign | ((magnitude << 13) + 0x38000000u));
}
} // namespace sim

#define SIM_FLOAT16(type, pair, to_bits, to_value)                                                         \
    struct __align__(2) type {                                                                             \
        uint16_t raw;                                                                                      \
        type() = default;                                                                                  \
        type(float value) : raw(::sim::to_bits(value)) {}                                                  \
        type(double value) : raw(::sim::to_bits(static_cast<float>(value))) {}                             \
        type(int value) : raw(::sim::to_bits(static_cast<float>(value))) {}                                \
        operator float() const { return ::sim::to_value(raw); }                                            \
        type& operator+=(type other) { return *this = type(float(*this) + float(other)); }                 \
        type& operator-=(type other) { return *this = type(float(*this) - float(other)); }                 \
        type& operator*=(type other) { return *this = type(float(*this) * float(other)); }                 \
        type& operator/=(type other) { return *this = type(float(*this) / float(other)); }                 \
    };                                                                                                     \
    struct __align__(4) pair { type x, y; };                                                               \
    inline type __hadd(type a, type b) { return type(float(a) + float(b)); }                               \
    inline type __hsub(type a, type b) { return type(float(a) - float(b)); }                               \
    inline type __hmul(type a, type b) { return type(float(a) * float(b)); }                               \
    inline type __hdiv(type a, type b) { return type(float(a) / float(b)); }                               \
    inline bool __hlt(type a, type b) { return float(a) < float(b); }                                      \
    inline bool __hgt(type a, type b) { return float(a) > float(b); }                                      \
    inline bool __hisnan(type a) { float value = a; return value != value; }

SIM_FLOAT16(__nv_bfloat16, __nv_bfloat162, bfloat16_bits, bfloat16_value)
SIM_FLOAT16(__half, __half2, half_bits, half_value)
#undef SIM_FLOAT16

typedef __nv_bfloat16 nv_bfloat16;
typedef __nv_bfloat162 nv_bfloat162;
typedef __half half;
typedef __half2 half2;

inline __nv_bfloat16 __float2bfloat16(float value) { return __nv_bfloat16(value); }
inline __nv_bfloat16 __float2bfloat16_rn(float value) { return __nv_bfloat16(value); }
inline float __bfloat162float(__nv_bfloat16 value) { return value; }
inline __nv_bfloat16 __ushort_as_bfloat16(unsigned short raw) { return sim::bits<__nv_bfloat16>(raw); }
inline unsigned short __bfloat16_as_ushort(__nv_bfloat16 value) { return value.raw; }
inline __nv_bfloat162 __floats2bfloat162_rn(float x, float y) { return {__nv_bfloat16(x), __nv_bfloat16(y)}; }
inline __nv_bfloat162 __float22bfloat162_rn(float2 v) { return {__nv_bfloat16(v.x), __nv_bfloat16(v.y)}; }
inline float2 __bfloat1622float2(__nv_bfloat162 v) { return make_float2(v.x, v.y); }
inline float __low2float(__nv_bfloat162 v) { return v.x; }
inline float __high2float(__nv_bfloat162 v) { return v.y; }

inline __half __float2half(float value) { return __half(value); }
inline __half __float2half_rn(float value) { return __half(value); }
inline float __half2float(__half value) { return value; }
inline __half __ushort_as_half(unsigned short raw) { return sim::bits<__half>(raw); }
inline unsigned short __half_as_ushort(__half value) { return value.raw; }
inline __half2 __floats2half2_rn(float x, float y) { return {__half(x), __half(y)}; }
inline __half2 __float22half2_rn(float2 v) { return {__half(v.x), __half(v.y)}; }
inline float2 __half22float2(__half2 v) { return make_float2(v.x, v.y); }
inline float __low2float(__half2 v) { return v.x; }
inline float __high2float(__half2 v) { return v.y; }
