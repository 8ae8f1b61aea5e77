// Sums, maxima and minima over a warp or a block, always in the same order: same inputs, same bits. Every lane (warp_*) or
// thread (block_*) gets the result. T is float, double, int or another type of up to 8 bytes.
//
// A block function needs all threads of a block of whole warps, up to 1,024, with threadIdx.x alone, and costs two barriers.
#pragma once
#include "compat.h"

struct Sum {
    template <class T>
    __device__ __forceinline__ T operator()(T a, T b) const { return a + b; }
};

// A NaN wins, as it does in the other backends: a comparison with one is false.
struct Max {
    template <class T>
    __device__ __forceinline__ T operator()(T a, T b) const { return a >= b || a != a ? a : b; }
};

struct Min {
    template <class T>
    __device__ __forceinline__ T operator()(T a, T b) const { return a <= b || a != a ? a : b; }
};

// Butterfly: all lanes hold the same bits after it, for Sum because addition commutes.
template <class T, class Combine>
__device__ __forceinline__ T warp_reduce(T value, Combine combine) {
#pragma unroll
    for (int distance = 16; distance > 0; distance >>= 1) {
        value = combine(value, __shfl_xor_sync(0xffffffffu, value, distance));
    }
    return value;
}

// `neutral` stands in for warps that the block does not have.
template <class T, class Combine>
__device__ __forceinline__ T block_reduce(T value, T neutral, Combine combine) {
    __shared__ T parts[32];
    int lane = threadIdx.x & 31;
    int warp = threadIdx.x >> 5;
    value = warp_reduce(value, combine);
    if (lane == 0) {
        parts[warp] = value;
    }
    __syncthreads();
    value = lane < static_cast<int>(blockDim.x >> 5) ? parts[lane] : neutral;
    value = warp_reduce(value, combine);
    __syncthreads(); // parts may be written again
    return value;
}

template <class T>
__device__ __forceinline__ T warp_sum(T value) { return warp_reduce(value, Sum()); }
template <class T>
__device__ __forceinline__ T warp_max(T value) { return warp_reduce(value, Max()); }
template <class T>
__device__ __forceinline__ T warp_min(T value) { return warp_reduce(value, Min()); }

template <class T>
__device__ __forceinline__ T block_sum(T value) { return block_reduce(value, T(0), Sum()); }
// Maxima of the block; `lowest` is what an absent warp counts as, -INFINITY for floating point.
template <class T>
__device__ __forceinline__ T block_max(T value, T lowest) { return block_reduce(value, lowest, Max()); }
template <class T>
__device__ __forceinline__ T block_min(T value, T highest) { return block_reduce(value, highest, Min()); }
