// unary: y = f(x) and y = alpha x + beta, elementwise; fp32 or bf16 in and out, computed in fp32, rounded once.
//
// GELU is the exact one, x/2 (1 + erf(x / sqrt 2)); minus infinity gives NaN as the formula says. RELU keeps NaN.
// Threads: 256 per block; packed, a thread owns a pack of 4 neighbours (16 bytes of fp32), else an element; neighbouring threads
// own neighbouring units. No shared memory. The function is a code that all threads branch on alike.
// Expected limit: memory bandwidth, bytes = elements * (size in + size out); GELU and TANH of bf16 come near the limit of
// instruction issue. Not yet measured on a card.

#include "elementwise.cuh"

/** In the order of the Java enum UnaryOp; AFFINE follows. */
enum UnaryOp : int { RELU, GELU, QUICK_GELU, SIGMOID, TANH, EXP, LOG, SQRT, ABS, NEGATE, AFFINE };

__device__ __forceinline__ float sigmoid(float x) { return 1.0f / (1.0f + expf(-x)); }

__device__ __forceinline__ float apply(int op, float alpha, float beta, float x) {
    switch (op) {
        case RELU: return x > 0.0f || x != x ? x : 0.0f;
        case GELU: return 0.5f * x * (1.0f + erff(x * 0.70710678118654752f));
        case QUICK_GELU: return x * sigmoid(1.702f * x);
        case SIGMOID: return sigmoid(x);
        case TANH: return tanhf(x);
        case EXP: return expf(x);
        case LOG: return logf(x);
        case SQRT: return sqrtf(x);
        case ABS: return fabsf(x);
        case NEGATE: return -x;
        default: return alpha * x + beta;
    }
}

struct Unary {
    int op;
    float alpha, beta;
    __device__ __forceinline__ float operator()(const float (&x)[1]) const { return apply(op, alpha, beta, x[0]); }
};

KERNEL __launch_bounds__(BLOCK) void unary_packed(const __grid_constant__ Elementwise<2> e, int op, float alpha, float beta) {
    map_packed<1, false, 1>(e, Unary{op, alpha, beta});
}
EXPORT_KERNEL(unary_packed)

KERNEL __launch_bounds__(BLOCK) void unary_strided(const __grid_constant__ Elementwise<2> e, int op, float alpha, float beta) {
    map_strided<1, false, 1>(e, Unary{op, alpha, beta});
}
EXPORT_KERNEL(unary_strided)
