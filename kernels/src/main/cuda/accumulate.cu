// accumulate: y += alpha x; accumulate_product: y += a b; elementwise with broadcasting of x, a and b; fp32 or bf16 in, y is
// fp32. Sums along axes of y of size 1 are kernels of reduce.cu.
//
// Threads: 256 per block; packed, a thread owns 2 packs of 4 neighbours (16 bytes of fp32 each), BLOCK packs apart, else 4
// elements. Each element of y belongs to one thread: no atomics, the same bits every time. No shared memory.
// Expected limit: memory bandwidth, bytes = elements * (size of the inputs + 8). Not yet measured on a card.

#include "elementwise.cuh"

struct Accumulate {
    float alpha;
    __device__ __forceinline__ float operator()(const float (&x)[2]) const { return x[1] + alpha * x[0]; }
};

struct AccumulateProduct {
    __device__ __forceinline__ float operator()(const float (&x)[3]) const { return x[2] + x[0] * x[1]; }
};

KERNEL __launch_bounds__(BLOCK) void accumulate_packed(const __grid_constant__ Elementwise<2> e, float alpha) {
    map_packed<1, true>(e, Accumulate{alpha});
}
EXPORT_KERNEL(accumulate_packed)

KERNEL __launch_bounds__(BLOCK) void accumulate_strided(const __grid_constant__ Elementwise<2> e, float alpha) {
    map_strided<1, true>(e, Accumulate{alpha});
}
EXPORT_KERNEL(accumulate_strided)

KERNEL __launch_bounds__(BLOCK) void accumulate_product_packed(const __grid_constant__ Elementwise<3> e) {
    map_packed<2, true>(e, AccumulateProduct{});
}
EXPORT_KERNEL(accumulate_product_packed)

KERNEL __launch_bounds__(BLOCK) void accumulate_product_strided(const __grid_constant__ Elementwise<3> e) {
    map_strided<2, true>(e, AccumulateProduct{});
}
EXPORT_KERNEL(accumulate_product_strided)
