// Kernels whose memory traffic can be counted by hand, for the meter. One warp per block.
#include "compat.h"

KERNEL void meter_float4(const float4* x, float4* y) { y[threadIdx.x] = x[threadIdx.x]; }
EXPORT_KERNEL(meter_float4)

// Loads every stride-th float and stores them side by side.
KERNEL void meter_stride(const float* x, float* y, int stride) { y[threadIdx.x] = x[threadIdx.x * stride]; }
EXPORT_KERNEL(meter_stride)

// Stores to shared memory with a stride in floats, so many times.
KERNEL void meter_banks(float* y, int stride, int times) {
    DYN_SHARED(volatile float, shared);
    for (int i = 0; i < times; i++) shared[threadIdx.x * stride] = (float)i;
    y[threadIdx.x] = 0;
}
EXPORT_KERNEL(meter_banks)

// Four blocks load the same row.
KERNEL void meter_again(const float* x, float* y) { y[blockIdx.x * 32 + threadIdx.x] = x[threadIdx.x]; }
EXPORT_KERNEL(meter_again)
