// What the binding of the CUDA driver is generated from: NVIDIA's header and the one old name that we prefer.
#include <cuda.h>

// cuda.h maps cuEventElapsedTime to cuEventElapsedTime_v2, which drivers older than 12.8 lack; all drivers export this.
#undef cuEventElapsedTime
CUresult CUDAAPI cuEventElapsedTime(float *pMilliseconds, CUevent hStart, CUevent hEnd);
