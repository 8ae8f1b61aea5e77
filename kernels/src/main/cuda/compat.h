// First include of every .cu: lets the same source compile with nvcc, for a card, and with g++, for the simulated device.
//
//   KERNEL void name(args) { ... }   a kernel with C linkage; __launch_bounds__(n) may follow KERNEL
//   EXPORT_KERNEL(name)              after each kernel: makes it known to the simulated device, nothing under nvcc
//   DYN_SHARED(T, name);             T* name = the launch's dynamic shared memory, aligned to 16 bytes
//
// Static shared memory is written `__shared__ T name[n];` as usual. Inline PTX needs a generic body beside it, chosen by
// `#if defined(__CUDA_ARCH_FEAT_SM90_ALL)` or `#ifdef __CUDACC__`.
#pragma once
#ifdef __CUDACC__
#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <float.h>
#include <limits.h>
#include <math.h>
#include <stdint.h>
#define KERNEL extern "C" __global__
#define EXPORT_KERNEL(name)
#define DYN_SHARED(T, name)                                                 \
    extern __shared__ __align__(16) unsigned char dynamic_shared_memory[]; \
    T* name = reinterpret_cast<T*>(dynamic_shared_memory)
#else
#include <device/device.h>
#endif
