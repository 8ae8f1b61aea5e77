// CUDA's arithmetic on the host. The functions of libm (expf, erff, tanhf, ...) come with <cmath>; here is the rest.
#pragma once
#include <math.h>
#include <cmath>
#include <cstdint>
#include "float16.h"

#define SIM_MIN_MAX(T)                                 \
    inline T min(T a, T b) { return b < a ? b : a; }   \
    inline T max(T a, T b) { return a < b ? b : a; }
SIM_MIN_MAX(int)
SIM_MIN_MAX(unsigned)
SIM_MIN_MAX(long)
SIM_MIN_MAX(unsigned long)
SIM_MIN_MAX(long long)
SIM_MIN_MAX(unsigned long long)
#undef SIM_MIN_MAX
inline unsigned min(int a, unsigned b) { return min(static_cast<unsigned>(a), b); }
inline unsigned min(unsigned a, int b) { return min(a, static_cast<unsigned>(b)); }
inline unsigned max(int a, unsigned b) { return max(static_cast<unsigned>(a), b); }
inline unsigned max(unsigned a, int b) { return max(a, static_cast<unsigned>(b)); }
inline float min(float a, float b) { return ::fminf(a, b); } // the one that is not NaN, as on the card
inline float max(float a, float b) { return ::fmaxf(a, b); }
inline double min(double a, double b) { return ::fmin(a, b); }
inline double max(double a, double b) { return ::fmax(a, b); }

inline float rsqrtf(float x) { return 1.0f / ::sqrtf(x); }
inline double rsqrt(double x) { return 1.0 / ::sqrt(x); }
inline float sinpif(float x) { return static_cast<float>(::sin(M_PI * ::fmod(static_cast<double>(x), 2.0))); }
inline float cospif(float x) { return static_cast<float>(::cos(M_PI * ::fmod(static_cast<double>(x), 2.0))); }
inline float normcdff(float x) { return 0.5f * ::erfcf(-0.70710678118654752f * x); }
inline float __saturatef(float x) { return x > 0.0f ? (x < 1.0f ? x : 1.0f) : 0.0f; }
inline float __fdividef(float a, float b) { return a / b; }
inline float __frcp_rn(float x) { return 1.0f / x; }
inline float __fsqrt_rn(float x) { return ::sqrtf(x); }
inline float __fdiv_rn(float a, float b) { return a / b; }
inline float __fmaf_rn(float a, float b, float c) { return ::fmaf(a, b, c); }
inline double __fma_rn(double a, double b, double c) { return ::fma(a, b, c); }

namespace sim {
// Keeps the compiler from making a fused multiply-add of a rounded product.
template <class T>
inline T rounded(T value) {
    asm volatile("" : "+x"(value));
    return value;
}
} // namespace sim
inline float __fmul_rn(float a, float b) { return sim::rounded(a * b); }
inline float __fadd_rn(float a, float b) { return sim::rounded(a + b); }
inline float __fsub_rn(float a, float b) { return sim::rounded(a - b); }
inline double __dmul_rn(double a, double b) { return sim::rounded(a * b); }
inline double __dadd_rn(double a, double b) { return sim::rounded(a + b); }
inline double __dsub_rn(double a, double b) { return sim::rounded(a - b); }

// Exact here. glibc declares some of these names without having them, hence the macros.
#define __expf(x) ::expf(x)
#define __exp10f(x) ::exp10f(x)
#define __logf(x) ::logf(x)
#define __log2f(x) ::log2f(x)
#define __log10f(x) ::log10f(x)
#define __powf(x, y) ::powf(x, y)
#define __sinf(x) ::sinf(x)
#define __cosf(x) ::cosf(x)
#define __tanf(x) ::tanf(x)

inline int __popc(unsigned x) { return __builtin_popcount(x); }
inline int __popcll(unsigned long long x) { return __builtin_popcountll(x); }
inline int __clz(int x) { return x == 0 ? 32 : __builtin_clz(static_cast<unsigned>(x)); }
inline int __clzll(long long x) { return x == 0 ? 64 : __builtin_clzll(static_cast<unsigned long long>(x)); }
inline int __ffs(int x) { return __builtin_ffs(x); }
inline int __ffsll(long long x) { return __builtin_ffsll(x); }
inline unsigned __brev(unsigned x) {
    unsigned reversed = 0;
    for (int bit = 0; bit < 32; bit++) {
        reversed |= (x >> bit & 1u) << (31 - bit);
    }
    return reversed;
}
inline unsigned __umulhi(unsigned a, unsigned b) { return static_cast<unsigned>(static_cast<uint64_t>(a) * b >> 32); }
inline int __mulhi(int a, int b) { return static_cast<int>(static_cast<int64_t>(a) * b >> 32); }
inline unsigned long long __umul64hi(unsigned long long a, unsigned long long b) {
    return static_cast<unsigned long long>(static_cast<unsigned __int128>(a) * b >> 64);
}

inline int __float_as_int(float x) { return sim::bits<int>(x); }
inline float __int_as_float(int x) { return sim::bits<float>(x); }
inline unsigned __float_as_uint(float x) { return sim::bits<unsigned>(x); }
inline float __uint_as_float(unsigned x) { return sim::bits<float>(x); }
inline long long __double_as_longlong(double x) { return sim::bits<long long>(x); }
inline double __longlong_as_double(long long x) { return sim::bits<double>(x); }

namespace sim {
// Out of range saturates and NaN gives 0, as on the card; a C++ cast would be undefined.
template <class To>
inline To to_integer(double x, double lowest, double above, To least, To most) {
    return x != x ? To(0) : x < lowest ? least : x >= above ? most : static_cast<To>(x);
}
inline int to_int(double x) { return to_integer<int>(x, INT_MIN, 0x1p31, INT_MIN, INT_MAX); }
inline unsigned to_uint(double x) { return to_integer<unsigned>(x, 0, 0x1p32, 0, UINT_MAX); }
inline long long to_long(double x) { return to_integer<long long>(x, -0x1p63, 0x1p63, LLONG_MIN, LLONG_MAX); }
} // namespace sim
#define SIM_CONVERSIONS(prefix, T)                                                     \
    inline int __##prefix##2int_rn(T x) { return sim::to_int(::rint(x)); }             \
    inline int __##prefix##2int_rz(T x) { return sim::to_int(::trunc(x)); }            \
    inline int __##prefix##2int_rd(T x) { return sim::to_int(::floor(x)); }            \
    inline int __##prefix##2int_ru(T x) { return sim::to_int(::ceil(x)); }             \
    inline unsigned __##prefix##2uint_rn(T x) { return sim::to_uint(::rint(x)); }      \
    inline unsigned __##prefix##2uint_rz(T x) { return sim::to_uint(::trunc(x)); }     \
    inline unsigned __##prefix##2uint_rd(T x) { return sim::to_uint(::floor(x)); }     \
    inline long long __##prefix##2ll_rn(T x) { return sim::to_long(::rint(x)); }       \
    inline long long __##prefix##2ll_rz(T x) { return sim::to_long(::trunc(x)); }      \
    inline long long __##prefix##2ll_rd(T x) { return sim::to_long(::floor(x)); }
SIM_CONVERSIONS(float, float)
SIM_CONVERSIONS(double, double)
#undef SIM_CONVERSIONS
inline float __int2float_rn(int x) { return static_cast<float>(x); }
inline float __uint2float_rn(unsigned x) { return static_cast<float>(x); }
inline float __ll2float_rn(long long x) { return static_cast<float>(x); }
inline double __ll2double_rn(long long x) { return static_cast<double>(x); }
inline float __double2float_rn(double x) { return static_cast<float>(x); }

// Loads and stores with a caching hint.
#define SIM_LOAD(name) \
    template <class T> inline T name(const T* address) { return *address; }
SIM_LOAD(__ldg)
SIM_LOAD(__ldca)
SIM_LOAD(__ldcg)
SIM_LOAD(__ldcs)
SIM_LOAD(__ldlu)
SIM_LOAD(__ldcv)
#undef SIM_LOAD
#define SIM_STORE(name) \
    template <class T> inline void name(T* address, T value) { *address = value; }
SIM_STORE(__stwb)
SIM_STORE(__stcg)
SIM_STORE(__stcs)
SIM_STORE(__stwt)
#undef SIM_STORE
