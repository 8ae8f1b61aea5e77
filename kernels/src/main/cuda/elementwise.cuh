#pragma once
// Strided loops of the elementwise kernels: which element of each operand belongs to which thread, and how it is loaded and
// stored. The launcher (Java class Loops) merges neighbouring axes and passes sizes and strides by value; a dense operation
// of any rank is one axis here.
//
// Unit: what a thread handles at a time, one element or, in the "packed" kernels, LANES = 4 neighbours along the innermost
// axis. There every operand is either dense along that axis and aligned to a whole pack (16 bytes of fp32, 8 of bf16), or has
// stride 0 and is repeated.
// Types are codes, not template parameters: a branch that all threads take alike costs nothing beside the memory traffic, and
// one kernel per operation keeps the PTX small. Loads are kept as bits until every load of a thread is under way.

#include "types.cuh"

/** Element types in the order of the Java enum DType. */
enum Type : int { F32, BF16, F16, I32, I64, U8 };

constexpr int BLOCK = 256;
constexpr int MOST_AXES = 8;
/** Elements of a pack. */
constexpr int PACK = 4;
/** Units per thread where little is computed. Kernels with much code per element take fewer and rely on occupancy. */
constexpr int PACKS_PER_THREAD = 2;
constexpr int ELEMENTS_PER_THREAD = 4;

/** Sizes of nested loops, innermost first, and the constants that divide by them. */
struct Axes {
    unsigned count;  // units in all, below 2^31
    int axes;        // at least 1
    unsigned size[MOST_AXES];
    unsigned magic[MOST_AXES];
    unsigned shift[MOST_AXES];

    /** Splits `index` into its position along `axis`, which is returned, and the index over the outer axes. */
    __device__ __forceinline__ unsigned split(unsigned& index, int axis) const {
        // Granlund and Montgomery 1994, for dividends below 2^31.
        unsigned high = (unsigned)((unsigned long long)index * magic[axis] >> 32);
        unsigned outer = (high + index) >> shift[axis];
        unsigned at = index - outer * size[axis];
        index = outer;
        return at;
    }
};

/** A tensor as an operand; strides in elements per step of a loop. */
struct Operand {
    char* data;
    int type;      // a Type
    int repeated;  // 1 if a pack of it is one element
    long long stride[MOST_AXES];
};

/** Loops over N operands of the same sizes. */
template <int N>
struct Elementwise {
    Axes axes;
    unsigned tail;  // elements after the last whole pack; they lie behind it along the one axis
    int unused;
    Operand operand[N];

    /** Element offset of a unit within every operand. */
    __device__ __forceinline__ void locate(unsigned unit, long long (&at)[N]) const {
#pragma unroll
        for (int n = 0; n < N; ++n) at[n] = 0;
        int last = axes.axes - 1;
#pragma unroll 1
        for (int axis = 0; axis < last; ++axis) {
            unsigned step = axes.split(unit, axis);
#pragma unroll
            for (int n = 0; n < N; ++n) at[n] += step * operand[n].stride[axis];
        }
#pragma unroll
        for (int n = 0; n < N; ++n) at[n] += unit * operand[n].stride[last];
    }

    /** Element offset of one of the elements after the last whole pack. */
    __device__ __forceinline__ void locate_tail(unsigned index, long long (&at)[N]) const {
#pragma unroll
        for (int n = 0; n < N; ++n) {
            at[n] = operand[n].repeated ? 0 : (long long)axes.count * PACK + index;
        }
    }
};

/** A unit as it lies in memory: fp32 in all words, bf16 in the first half of them. */
template <int LANES>
struct Bits {
    unsigned word[LANES];
};

/** A unit of fp32 or bf16, loaded but not yet waited for. */
template <int LANES>
__device__ __forceinline__ Bits<LANES> load(const Operand& x, long long at) {
    Bits<LANES> bits;
    if (LANES == 1 || x.repeated) {
        unsigned one = x.type == F32 ? reinterpret_cast<const unsigned*>(x.data)[at]
                                     : reinterpret_cast<const unsigned short*>(x.data)[at];
        unsigned word = LANES == 1 || x.type == F32 ? one : one | one << 16;
#pragma unroll
        for (int i = 0; i < LANES; ++i) bits.word[i] = word;
    } else if (x.type == F32) {
        uint4 four = *reinterpret_cast<const uint4*>(x.data + at * 4);
        bits.word[0] = four.x;
        bits.word[1 % LANES] = four.y;
        bits.word[2 % LANES] = four.z;
        bits.word[3 % LANES] = four.w;
    } else {
        uint2 four = *reinterpret_cast<const uint2*>(x.data + at * 2);
        bits.word[0] = four.x;
        bits.word[1 % LANES] = four.y;
    }
    return bits;
}

/** Element `lane` of a loaded unit. */
template <int LANES>
__device__ __forceinline__ float value(const Operand& x, const Bits<LANES>& bits, int lane) {
    unsigned pair = bits.word[lane / 2];
    unsigned half = lane % 2 == 0 ? pair << 16 : pair & 0xffff0000u;
    return __int_as_float((int)(x.type == F32 ? bits.word[lane] : half));
}

/** Stores a unit as fp32 or bf16. */
template <int LANES>
__device__ __forceinline__ void store(const Operand& y, long long at, const float (&v)[LANES]) {
    if (LANES == 1) {
        if (y.type == F32) {
            reinterpret_cast<float*>(y.data)[at] = v[0];
        } else {
            reinterpret_cast<__nv_bfloat16*>(y.data)[at] = __float2bfloat16_rn(v[0]);
        }
    } else if (y.type == F32) {
        *reinterpret_cast<float4*>(y.data + at * 4) = make_float4(v[0], v[1 % LANES], v[2 % LANES], v[3 % LANES]);
    } else {
        uint2 four = make_uint2(pack_bf16(v[0], v[1 % LANES]), pack_bf16(v[2 % LANES], v[3 % LANES]));
        *reinterpret_cast<uint2*>(y.data + at * 2) = four;
    }
}

/** First unit of the calling thread; its others follow at a distance of BLOCK. */
template <int UNITS>
__device__ __forceinline__ unsigned first_unit() {
    return blockIdx.x * (unsigned)(BLOCK * UNITS) + threadIdx.x;
}

/**
 * Runs out = f(inputs...) over all units: INPUTS operands are read, then the last operand is written. With READS_OUT the last
 * operand is read as well, after the inputs.
 */
template <int INPUTS, bool READS_OUT, int LANES, int UNITS, class F>
__device__ __forceinline__ void map_units(const Elementwise<INPUTS + 1>& e, F f) {
    constexpr int READ = INPUTS + (READS_OUT ? 1 : 0);
    Bits<LANES> bits[UNITS][READ > 0 ? READ : 1];
    long long out[UNITS];
    unsigned first = first_unit<UNITS>();
#pragma unroll
    for (int u = 0; u < UNITS; ++u) {
        unsigned unit = first + u * BLOCK;
        if (unit < e.axes.count) {
            long long at[INPUTS + 1];
            e.locate(unit, at);
#pragma unroll
            for (int n = 0; n < READ; ++n) bits[u][n] = load<LANES>(e.operand[n], at[n]);
            out[u] = at[INPUTS];
        }
    }
#pragma unroll
    for (int u = 0; u < UNITS; ++u) {
        if (first + u * BLOCK < e.axes.count) {
            float result[LANES];
#pragma unroll
            for (int lane = 0; lane < LANES; ++lane) {
                float x[READ > 0 ? READ : 1];
#pragma unroll
                for (int n = 0; n < READ; ++n) x[n] = value<LANES>(e.operand[n], bits[u][n], lane);
                result[lane] = f(x);
            }
            store<LANES>(e.operand[INPUTS], out[u], result);
        }
    }
}

/** The elements after the last whole pack, one by each of the first threads. */
template <int INPUTS, bool READS_OUT, class F>
__device__ __forceinline__ void map_tail(const Elementwise<INPUTS + 1>& e, F f) {
    constexpr int READ = INPUTS + (READS_OUT ? 1 : 0);
    if (blockIdx.x == 0 && threadIdx.x < e.tail) {
        long long at[INPUTS + 1];
        e.locate_tail(threadIdx.x, at);
        float x[READ > 0 ? READ : 1];
#pragma unroll
        for (int n = 0; n < READ; ++n) x[n] = value<1>(e.operand[n], load<1>(e.operand[n], at[n]), 0);
        float result[1] = {f(x)};
        store<1>(e.operand[INPUTS], at[INPUTS], result);
    }
}

/** The whole of a packed kernel. */
template <int INPUTS, bool READS_OUT, int PACKS = PACKS_PER_THREAD, class F>
__device__ __forceinline__ void map_packed(const Elementwise<INPUTS + 1>& e, F f) {
    map_units<INPUTS, READS_OUT, PACK, PACKS>(e, f);
    map_tail<INPUTS, READS_OUT>(e, f);
}

/** The whole of a strided kernel. */
template <int INPUTS, bool READS_OUT, int ELEMENTS = ELEMENTS_PER_THREAD, class F>
__device__ __forceinline__ void map_strided(const Elementwise<INPUTS + 1>& e, F f) {
    map_units<INPUTS, READS_OUT, 1, ELEMENTS>(e, f);
}
