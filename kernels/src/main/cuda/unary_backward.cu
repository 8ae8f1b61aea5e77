// unary_backward: gx += gy f'(x), elementwise; x is fp32 or bf16, the gradients are fp32.
//
// GELU: f' = (1 + erf(x / sqrt 2)) / 2 + x exp(-x^2 / 2) / sqrt(2 pi). The slope of RELU and ABS at 0 is 0.
// Threads: 256 per block; packed, a thread owns a pack of 4 neighbours (16 bytes of fp32), else an element. No shared memory.
// Expected limit: memory bandwidth, bytes = elements * (size of x + 12). Not yet measured on a card.

#include "elementwise.cuh"

/** In the order of the Java enum UnaryOp. */
enum UnaryOp : int { RELU, GELU, QUICK_GELU, SIGMOID, TANH, EXP, LOG, SQRT, ABS, NEGATE };

__device__ __forceinline__ float sigmoid(float x) { return 1.0f / (1.0f + expf(-x)); }

__device__ __forceinline__ float slope(int op, float x) {
    switch (op) {
        case RELU: return x > 0.0f ? 1.0f : 0.0f;
        case GELU:
            return 0.5f * (1.0f + erff(x * 0.70710678118654752f)) + x * 0.39894228040143268f * expf(-0.5f * x * x);
        case QUICK_GELU: {
            float s = sigmoid(1.702f * x);
            return s + 1.702f * x * s * (1.0f - s);
        }
        case SIGMOID: {
            float s = sigmoid(x);
            return s * (1.0f - s);
        }
        case TANH: {
            float t = tanhf(x);
            return 1.0f - t * t;
        }
        case EXP: return expf(x);
        case LOG: return 1.0f / x;
        case SQRT: return 0.5f / sqrtf(x);
        case ABS: return x > 0.0f ? 1.0f : x < 0.0f ? -1.0f : x;  // x itself: 0, and NaN for NaN
        default: return -1.0f;
    }
}

struct UnaryBackward {
    int op;
    __device__ __forceinline__ float operator()(const float (&x)[3]) const { return x[2] + x[1] * slope(op, x[0]); }
};

KERNEL __launch_bounds__(BLOCK) void unary_backward_packed(const __grid_constant__ Elementwise<3> e, int op) {
    map_packed<2, true, 1>(e, UnaryBackward{op});
}
EXPORT_KERNEL(unary_backward_packed)

KERNEL __launch_bounds__(BLOCK) void unary_backward_strided(const __grid_constant__ Elementwise<3> e, int op) {
    map_strided<2, true, 1>(e, UnaryBackward{op});
}
EXPORT_KERNEL(unary_backward_strided)
