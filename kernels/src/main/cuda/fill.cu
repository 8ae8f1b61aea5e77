// fill: y = value everywhere; fp32 or bf16, any strides. (A dense zero is a memset of the driver.)
//
// Threads: 256 per block; packed, a thread owns 2 packs of 4 neighbours, BLOCK packs apart, else 4 elements. No shared memory.
// Expected limit: memory bandwidth, bytes = elements * size. Not yet measured on a card.

#include "elementwise.cuh"

struct Fill {
    float value;
    __device__ __forceinline__ float operator()(const float (&)[1]) const { return value; }
};

KERNEL __launch_bounds__(BLOCK) void fill_packed(const __grid_constant__ Elementwise<1> e, float value) {
    map_packed<0, false>(e, Fill{value});
}
EXPORT_KERNEL(fill_packed)

KERNEL __launch_bounds__(BLOCK) void fill_strided(const __grid_constant__ Elementwise<1> e, float value) {
    map_strided<0, false>(e, Fill{value});
}
EXPORT_KERNEL(fill_strided)
