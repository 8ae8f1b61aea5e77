// What CUDA's compiler gives a kernel, for kernels compiled by g++ to run on the simulated device. No CUDA header is needed.
#pragma once
#include <cstdio>
#include <cstdlib>
#include "vectors.h"
#include "float16.h"
#include "execution.h"
#include "warp.h"
#include "tensor.h"
#include "atomics.h"
#include "math.h"
#include "keywords.h"

#define KERNEL extern "C"
#define EXPORT_KERNEL(name) \
    extern "C" __attribute__((visibility("default"))) const ::sim::KernelEntry simcuda_kernel_##name = ::sim::entry_of<&name>();
#define DYN_SHARED(T, name) T* name = static_cast<T*>(::sim::dynamic_shared())
