// CUDA's keywords as far as they mean something on the host. Comes last: headers of the C++ library use some of the names.
#pragma once

#define __global__
#define __device__
#define __host__
#define __constant__ static
#if __GNUC__ >= 10
#define __shared__ static __constinit __thread // without a variable that guards an initialisation that is none
#else
#define __shared__ static __thread
#endif
#define __launch_bounds__(...)
#define __forceinline__ inline __attribute__((always_inline))
#define __noinline__ __attribute__((noinline))
#define __grid_constant__
