// Loads and stores of float, bf16 and half as float: one element, or 4 or 8 neighbours at once. Rounded once, at the store.
#pragma once
#include "compat.h"

__device__ __forceinline__ float load(const float* p) { return *p; }
__device__ __forceinline__ float load(const __nv_bfloat16* p) { return __bfloat162float(*p); }
__device__ __forceinline__ float load(const __half* p) { return __half2float(*p); }

__device__ __forceinline__ void store(float* p, float value) { *p = value; }
__device__ __forceinline__ void store(__nv_bfloat16* p, float value) { *p = __float2bfloat16(value); }
__device__ __forceinline__ void store(__half* p, float value) { *p = __float2half(value); }

__device__ __forceinline__ float2 unpack_bf16(unsigned word) {
    return make_float2(__int_as_float(static_cast<int>(word << 16)), __int_as_float(static_cast<int>(word & 0xffff0000u)));
}

__device__ __forceinline__ unsigned pack_bf16(float x, float y) {
    unsigned low = __bfloat16_as_ushort(__float2bfloat16(x));
    unsigned high = __bfloat16_as_ushort(__float2bfloat16(y));
    return low | high << 16;
}

__device__ __forceinline__ float2 unpack_half(unsigned word) {
    return make_float2(__half2float(__ushort_as_half(static_cast<unsigned short>(word & 0xffffu))),
                       __half2float(__ushort_as_half(static_cast<unsigned short>(word >> 16))));
}

__device__ __forceinline__ unsigned pack_half(float x, float y) {
    unsigned low = __half_as_ushort(__float2half(x));
    unsigned high = __half_as_ushort(__float2half(y));
    return low | high << 16;
}

// 4 elements: p must be a multiple of 16 bytes for float, of 8 for the others.
__device__ __forceinline__ void load4(const float* p, float* v) {
    float4 q = *reinterpret_cast<const float4*>(p);
    v[0] = q.x, v[1] = q.y, v[2] = q.z, v[3] = q.w;
}
__device__ __forceinline__ void load4(const __nv_bfloat16* p, float* v) {
    uint2 q = *reinterpret_cast<const uint2*>(p);
    float2 a = unpack_bf16(q.x), b = unpack_bf16(q.y);
    v[0] = a.x, v[1] = a.y, v[2] = b.x, v[3] = b.y;
}
__device__ __forceinline__ void load4(const __half* p, float* v) {
    uint2 q = *reinterpret_cast<const uint2*>(p);
    float2 a = unpack_half(q.x), b = unpack_half(q.y);
    v[0] = a.x, v[1] = a.y, v[2] = b.x, v[3] = b.y;
}
__device__ __forceinline__ void store4(float* p, const float* v) {
    *reinterpret_cast<float4*>(p) = make_float4(v[0], v[1], v[2], v[3]);
}
__device__ __forceinline__ void store4(__nv_bfloat16* p, const float* v) {
    *reinterpret_cast<uint2*>(p) = make_uint2(pack_bf16(v[0], v[1]), pack_bf16(v[2], v[3]));
}
__device__ __forceinline__ void store4(__half* p, const float* v) {
    *reinterpret_cast<uint2*>(p) = make_uint2(pack_half(v[0], v[1]), pack_half(v[2], v[3]));
}

// 8 elements: p must be a multiple of 16 bytes.
__device__ __forceinline__ void load8(const float* p, float* v) {
    load4(p, v);
    load4(p + 4, v + 4);
}
__device__ __forceinline__ void load8(const __nv_bfloat16* p, float* v) {
    uint4 q = *reinterpret_cast<const uint4*>(p);
    float2 a = unpack_bf16(q.x), b = unpack_bf16(q.y), c = unpack_bf16(q.z), d = unpack_bf16(q.w);
    v[0] = a.x, v[1] = a.y, v[2] = b.x, v[3] = b.y, v[4] = c.x, v[5] = c.y, v[6] = d.x, v[7] = d.y;
}
__device__ __forceinline__ void load8(const __half* p, float* v) {
    uint4 q = *reinterpret_cast<const uint4*>(p);
    float2 a = unpack_half(q.x), b = unpack_half(q.y), c = unpack_half(q.z), d = unpack_half(q.w);
    v[0] = a.x, v[1] = a.y, v[2] = b.x, v[3] = b.y, v[4] = c.x, v[5] = c.y, v[6] = d.x, v[7] = d.y;
}
__device__ __forceinline__ void store8(float* p, const float* v) {
    store4(p, v);
    store4(p + 4, v + 4);
}
__device__ __forceinline__ void store8(__nv_bfloat16* p, const float* v) {
    *reinterpret_cast<uint4*>(p) =
        make_uint4(pack_bf16(v[0], v[1]), pack_bf16(v[2], v[3]), pack_bf16(v[4], v[5]), pack_bf16(v[6], v[7]));
}
__device__ __forceinline__ void store8(__half* p, const float* v) {
    *reinterpret_cast<uint4*>(p) =
        make_uint4(pack_half(v[0], v[1]), pack_half(v[2], v[3]), pack_half(v[4], v[5]), pack_half(v[6], v[7]));
}
