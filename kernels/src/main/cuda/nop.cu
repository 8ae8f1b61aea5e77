// Does nothing: what a launch itself costs, for the launch benchmarks and the tests of the launch path.
//
// nop:           no parameter.
// nop_six:       three addresses and three ints, the parameter list of a small kernel; one block writes nothing.
// nop_increment: adds one to a counter in device memory; thread 0 of block 0. Tells how often a graph really ran.
// Limit: the driver's launch latency.
#include "compat.h"

KERNEL void nop() {}
EXPORT_KERNEL(nop)

KERNEL void nop_six(const float* x, const float* y, float* z, int rows, int columns, int depth) {}
EXPORT_KERNEL(nop_six)

KERNEL void nop_increment(int* counter) {
    if (blockIdx.x == 0 && threadIdx.x == 0) {
        *counter += 1;
    }
}
EXPORT_KERNEL(nop_increment)
