// binary: y = f(a, b) elementwise with numpy broadcasting; fp32 or bf16 each, computed in fp32, rounded once.
//
// MIN and MAX give NaN if an operand is NaN. A broadcast operand has stride 0 along the repeated axes.
// Threads: 256 per block; packed, a thread owns 2 packs of 4 neighbours (16 bytes of fp32 each), BLOCK packs apart, else 4
// elements. No shared memory.
// Expected limit: memory bandwidth, bytes = sum of the distinct elements of all operands; a bias of one row stays in the
// caches. Not yet measured on a card.

#include "elementwise.cuh"

/** In the order of the Java enum BinaryOp. */
enum BinaryOp : int { ADD, SUBTRACT, MULTIPLY, DIVIDE, MIN, MAX };

struct Binary {
    int op;
    __device__ __forceinline__ float operator()(const float (&x)[2]) const {
        float a = x[0];
        float b = x[1];
        switch (op) {
            case ADD: return a + b;
            case SUBTRACT: return a - b;
            case MULTIPLY: return a * b;
            case DIVIDE: return a / b;
            case MIN: return a < b || a != a ? a : b;
            default: return a > b || a != a ? a : b;
        }
    }
};

KERNEL __launch_bounds__(BLOCK) void binary_packed(const __grid_constant__ Elementwise<3> e, int op) {
    map_packed<2, false>(e, Binary{op});
}
EXPORT_KERNEL(binary_packed)

KERNEL __launch_bounds__(BLOCK) void binary_strided(const __grid_constant__ Elementwise<3> e, int op) {
    map_strided<2, false>(e, Binary{op});
}
EXPORT_KERNEL(binary_strided)
