// adam: one step of Adam or AdamW on one fp32 parameter (Kingma and Ba 2015; Loshchilov and Hutter 2017),
//     g' = s9 g + s7 p;  m = s0 m + s1 g';  v = s2 v + s3 g'^2;  p = s8 p - s4 m / (sqrt(v) / s5 + s6),
// with the ten scalars s of the Java record AdamStep read from device memory, so that a captured step can be replayed.
//
// Threads: 256 per block; packed, a thread owns a pack of 4 neighbours (16 bytes), else an element. No shared memory; the
// scalars come through the constant-like read-only cache once per warp.
// Expected limit: memory bandwidth, 28 bytes per element. Not yet measured on a card.

#include "elementwise.cuh"

/** Order of the operands. */
enum : int { GRADIENT, PARAMETER, FIRST, SECOND };

struct Adam {
    const float* __restrict__ s;

    __device__ __forceinline__ void step(float g, float& p, float& m, float& v) const {
        float slope = s[9] * g + s[7] * p;
        m = s[0] * m + s[1] * slope;
        v = s[2] * v + s[3] * slope * slope;
        p = s[8] * p - s[4] * m / (sqrtf(v) / s[5] + s[6]);
    }

    template <int LANES>
    __device__ __forceinline__ void unit(const Elementwise<4>& e, const long long (&at)[4]) const {
        Bits<LANES> bits[4];
#pragma unroll
        for (int n = 0; n < 4; ++n) bits[n] = load<LANES>(e.operand[n], at[n]);
        float p[LANES], m[LANES], v[LANES];
#pragma unroll
        for (int i = 0; i < LANES; ++i) {
            p[i] = value<LANES>(e.operand[PARAMETER], bits[PARAMETER], i);
            m[i] = value<LANES>(e.operand[FIRST], bits[FIRST], i);
            v[i] = value<LANES>(e.operand[SECOND], bits[SECOND], i);
            step(value<LANES>(e.operand[GRADIENT], bits[GRADIENT], i), p[i], m[i], v[i]);
        }
        store<LANES>(e.operand[PARAMETER], at[PARAMETER], p);
        store<LANES>(e.operand[FIRST], at[FIRST], m);
        store<LANES>(e.operand[SECOND], at[SECOND], v);
    }

    template <int LANES>
    __device__ __forceinline__ void units(const Elementwise<4>& e) const {
        unsigned unit_index = first_unit<1>();
        if (unit_index < e.axes.count) {
            long long at[4];
            e.locate(unit_index, at);
            unit<LANES>(e, at);
        }
    }
};

KERNEL __launch_bounds__(BLOCK) void adam_packed(const __grid_constant__ Elementwise<4> e, const float* __restrict__ scalars) {
    Adam adam{scalars};
    adam.units<PACK>(e);
    if (blockIdx.x == 0 && threadIdx.x < e.tail) {
        long long at[4];
        e.locate_tail(threadIdx.x, at);
        adam.unit<1>(e, at);
    }
}
EXPORT_KERNEL(adam_packed)

KERNEL __launch_bounds__(BLOCK) void adam_strided(const __grid_constant__ Elementwise<4> e, const float* __restrict__ scalars) {
    Adam{scalars}.units<1>(e);
}
EXPORT_KERNEL(adam_strided)
