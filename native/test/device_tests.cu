// Kernels for the tests of the simulated device alone: faulty ones, and ones that show what warps, barriers and conversions
// do. They are never compiled for a card; the tests bring the lines of PTX that name their parameters.
#include "compat.h"
#include "reduce.cuh"

// Half of a warp waits for the other half, which has gone.
KERNEL void test_divergent_shuffle(int* x) {
    if (threadIdx.x < 16) {
        x[threadIdx.x] = __shfl_down_sync(0xffffffffu, 1, 1);
    }
}
EXPORT_KERNEL(test_divergent_shuffle)

// Half of the block waits at a barrier, the other half for a shuffle with it.
KERNEL void test_divergent_barrier(int* x) {
    if (threadIdx.x < 16) {
        __syncthreads();
    } else {
        x[threadIdx.x] = __shfl_down_sync(0xffffffffu, 1, 1);
    }
}
EXPORT_KERNEL(test_divergent_barrier)

KERNEL void test_write(float* x, long long index) { x[index] = 1.0f; }
EXPORT_KERNEL(test_write)

KERNEL void test_divide(int* x) { x[0] = x[1] / x[2]; }
EXPORT_KERNEL(test_divide)

// Past the end of the dynamic shared memory by `extra` floats.
KERNEL void test_shared(float* x, int extra) {
    DYN_SHARED(float, shared);
    x[threadIdx.x] = shared[threadIdx.x + extra];
}
EXPORT_KERNEL(test_shared)

// Ten ints per thread: what each warp function gives it.
KERNEL void test_warp(int* x) {
    int lane = static_cast<int>(threadIdx.x);
    int* mine = x + 10 * lane;
    mine[0] = __shfl_xor_sync(0xffffffffu, lane, 5);
    mine[1] = __shfl_down_sync(0xffffffffu, lane, 3, 8);
    mine[2] = __shfl_up_sync(0xffffffffu, lane, 3, 8);
    mine[3] = __shfl_sync(0xffffffffu, lane, 2, 16);
    mine[4] = static_cast<int>(__ballot_sync(0xffffffffu, lane % 3 == 0));
    mine[5] = __all_sync(0xffffffffu, lane < 32) * 2 + __any_sync(0xffffffffu, lane > 31);
    unsigned half = lane < 16 ? 0xffffu : 0xffff0000u;
    if (lane >= 16) { // the halves of the warp meet apart, in another order
        __syncwarp(half);
    }
    mine[6] = __reduce_add_sync(half, lane);
    mine[7] = __reduce_min_sync(half, -lane);
    mine[8] = static_cast<int>(__match_any_sync(0xffffffffu, lane / 4));
    mine[9] = static_cast<int>(__shfl_sync(0xffffffffu, static_cast<double>(lane), 31));
}
EXPORT_KERNEL(test_warp)

// Every thread writes the block's sum and maximum of x; dimensions of the block are read too.
KERNEL void test_block(const double* x, double* sums, double* maxima) {
    int i = static_cast<int>(threadIdx.x);
    sums[i] = block_sum(x[i]);
    maxima[i] = block_max(x[i], -static_cast<double>(INFINITY));
}
EXPORT_KERNEL(test_block)

// Bits of x rounded to the two 16-bit types, and back.
KERNEL void test_round(const float* x, unsigned short* bfloat16, unsigned short* half, float* back, int n) {
    for (int i = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x); i < n; i += static_cast<int>(gridDim.x * blockDim.x)) {
        bfloat16[i] = __bfloat16_as_ushort(__float2bfloat16(x[i]));
        half[i] = __half_as_ushort(__float2half(x[i]));
        back[i] = __half2float(__ushort_as_half(static_cast<unsigned short>(i)));
    }
}
EXPORT_KERNEL(test_round)
