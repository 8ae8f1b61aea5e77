// copy: y = x with broadcasting, strides and conversion between all element types.
//
// Floats round to nearest even; a float becomes an integer by truncation towards zero; what an integer type cannot hold
// becomes its nearest bound, NaN becomes 0; integers keep all their digits among themselves.
// packed, strided: 256 threads per block; a thread owns 2 packs of 4 neighbours (at most 32 bytes each), BLOCK packs apart, or
// 4 elements. Packs are moved unchanged or converted between fp32 and bf16; every other conversion goes element by element.
// transposed: the innermost axes of x and y differ. A block owns a tile of 32 x 32 elements of up to 4 bytes, read along x's
// innermost axis and written along y's; 32 x 33 words of shared memory, so that neither side has bank conflicts.
// Expected limit: memory bandwidth, bytes = elements * (size of x + size of y). Not yet measured on a card.

#include "elementwise.cuh"

/** What happens to an element: moved as 1, 2, 4 or 8 bytes, or converted. */
enum Kind : int { MOVE1, MOVE2, MOVE4, MOVE8, REAL, CONVERT };

constexpr int TILE = 32;
constexpr int TILE_ROWS = BLOCK / TILE;

template <class T>
__device__ __forceinline__ T& element(const Operand& x, long long at) {
    return reinterpret_cast<T*>(x.data)[at];
}

__device__ __forceinline__ bool is_integer(int type) { return type >= I32; }

__device__ __forceinline__ long long load_integer(const Operand& x, long long at) {
    if (x.type == I32) return element<int>(x, at);
    return x.type == I64 ? element<long long>(x, at) : element<unsigned char>(x, at);
}

__device__ __forceinline__ float load_float(const Operand& x, long long at) {
    if (x.type == F32) return element<float>(x, at);
    if (x.type == BF16) return __bfloat162float(element<__nv_bfloat16>(x, at));
    if (x.type == F16) return __half2float(element<__half>(x, at));
    return (float)(double)load_integer(x, at);
}

__device__ __forceinline__ long long clamp(long long v, long long low, long long high) {
    return v < low ? low : v > high ? high : v;
}

__device__ __forceinline__ void store_integer(const Operand& y, long long at, long long v) {
    if (y.type == I32) {
        element<int>(y, at) = (int)clamp(v, -2147483648LL, 2147483647LL);
    } else if (y.type == I64) {
        element<long long>(y, at) = v;
    } else {
        element<unsigned char>(y, at) = (unsigned char)clamp(v, 0, 255);
    }
}

__device__ __forceinline__ long long truncate(float v) {
    constexpr float BOUND = 9223372036854775808.0f;
    constexpr long long MOST = 9223372036854775807LL;
    if (v != v) return 0;
    return v >= BOUND ? MOST : v <= -BOUND ? -MOST - 1 : (long long)v;
}

__device__ __forceinline__ void store_float(const Operand& y, long long at, float v) {
    if (y.type == F32) {
        element<float>(y, at) = v;
    } else if (y.type == BF16) {
        element<__nv_bfloat16>(y, at) = __float2bfloat16_rn(v);
    } else if (y.type == F16) {
        element<__half>(y, at) = __float2half_rn(v);
    } else {
        store_integer(y, at, truncate(v));
    }
}

__device__ __forceinline__ void convert(const Operand& x, long long from, const Operand& y, long long to) {
    if (is_integer(x.type) && is_integer(y.type)) {
        store_integer(y, to, load_integer(x, from));
    } else {
        store_float(y, to, load_float(x, from));
    }
}

template <class T, int LANES>
struct __align__(sizeof(T) * LANES > 16 ? 16 : sizeof(T) * LANES) Lanes {
    T lane[LANES];
};

/** Where the units of a thread begin in x and y. */
template <int UNITS>
struct Units {
    long long from[UNITS];
    long long to[UNITS];
    int count;  // the last units of the last threads do not exist

    __device__ __forceinline__ explicit Units(const Elementwise<2>& e) : count(0) {
        unsigned first = first_unit<UNITS>();
#pragma unroll
        for (int u = 0; u < UNITS; ++u) {
            if (first + u * BLOCK < e.axes.count) {
                long long at[2];
                e.locate(first + u * BLOCK, at);
                from[u] = at[0];
                to[u] = at[1];
                count = u + 1;
            }
        }
    }
};

/** Moves all units of a thread unchanged; T has the size of an element. */
template <class T, int LANES, int UNITS>
__device__ __forceinline__ void move(const Elementwise<2>& e, const Units<UNITS>& units) {
    Lanes<T, LANES> kept[UNITS];
#pragma unroll
    for (int u = 0; u < UNITS; ++u) {
        if (u < units.count) {
            const T* from = &element<T>(e.operand[0], units.from[u]);
            if (LANES == 1 || e.operand[0].repeated) {
#pragma unroll
                for (int i = 0; i < LANES; ++i) kept[u].lane[i] = *from;
            } else {
                kept[u] = *reinterpret_cast<const Lanes<T, LANES>*>(from);
            }
        }
    }
#pragma unroll
    for (int u = 0; u < UNITS; ++u) {
        if (u < units.count) {
            *reinterpret_cast<Lanes<T, LANES>*>(&element<T>(e.operand[1], units.to[u])) = kept[u];
        }
    }
}

/** Converts all units of a thread between fp32 and bf16. */
template <int LANES, int UNITS>
__device__ __forceinline__ void round(const Elementwise<2>& e, const Units<UNITS>& units) {
    Bits<LANES> bits[UNITS];
#pragma unroll
    for (int u = 0; u < UNITS; ++u) {
        if (u < units.count) bits[u] = load<LANES>(e.operand[0], units.from[u]);
    }
#pragma unroll
    for (int u = 0; u < UNITS; ++u) {
        if (u < units.count) {
            float v[LANES];
#pragma unroll
            for (int i = 0; i < LANES; ++i) v[i] = value<LANES>(e.operand[0], bits[u], i);
            store<LANES>(e.operand[1], units.to[u], v);
        }
    }
}

template <int LANES, int UNITS>
__device__ __forceinline__ void copy_units(const Elementwise<2>& e, const Units<UNITS>& units, int kind) {
    switch (kind) {
        case MOVE1: move<unsigned char, LANES>(e, units); break;
        case MOVE2: move<unsigned short, LANES>(e, units); break;
        case MOVE4: move<unsigned, LANES>(e, units); break;
        case MOVE8: move<unsigned long long, LANES>(e, units); break;
        default: round<LANES>(e, units); break;
    }
}

KERNEL __launch_bounds__(BLOCK) void copy_packed(const __grid_constant__ Elementwise<2> e, int kind) {
    copy_units<PACK>(e, Units<PACKS_PER_THREAD>(e), kind);
    if (blockIdx.x == 0 && threadIdx.x < e.tail) {
        long long at[2];
        e.locate_tail(threadIdx.x, at);
        convert(e.operand[0], at[0], e.operand[1], at[1]);
    }
}
EXPORT_KERNEL(copy_packed)

KERNEL __launch_bounds__(BLOCK) void copy_strided(const __grid_constant__ Elementwise<2> e, int kind) {
    if (kind != CONVERT) {
        copy_units<1>(e, Units<ELEMENTS_PER_THREAD>(e), kind);
        return;
    }
#pragma unroll 1
    for (int u = 0; u < ELEMENTS_PER_THREAD; ++u) {
        unsigned unit = first_unit<ELEMENTS_PER_THREAD>() + u * BLOCK;
        if (unit < e.axes.count) {
            long long at[2];
            e.locate(unit, at);
            convert(e.operand[0], at[0], e.operand[1], at[1]);
        }
    }
}
EXPORT_KERNEL(copy_strided)

/** The element as a word: its bits, or its value as fp32. */
__device__ __forceinline__ unsigned load_word(const Operand& x, long long at, int kind) {
    switch (kind) {
        case MOVE1: return element<unsigned char>(x, at);
        case MOVE2: return element<unsigned short>(x, at);
        case MOVE4: return element<unsigned>(x, at);
        default: return (unsigned)__float_as_int(load_float(x, at));
    }
}

__device__ __forceinline__ void store_word(const Operand& y, long long at, int kind, unsigned word) {
    switch (kind) {
        case MOVE1: element<unsigned char>(y, at) = (unsigned char)word; break;
        case MOVE2: element<unsigned short>(y, at) = (unsigned short)word; break;
        case MOVE4: element<unsigned>(y, at) = word; break;
        default: store_float(y, at, __int_as_float((int)word)); break;
    }
}

/**
 * The loops run over tiles: axis 0 along y's innermost axis (`columns` elements, `x_stride` apart in x), axis 1 along x's
 * innermost axis (`rows` elements, `y_stride` apart in y), the others outside.
 */
KERNEL __launch_bounds__(BLOCK) void copy_transposed(
    const __grid_constant__ Elementwise<2> tiles, int kind, int columns, int rows, long long x_stride, long long y_stride) {
    __shared__ unsigned tile[TILE][TILE + 1];
    long long at[2];
    tiles.locate(blockIdx.x, at);
    unsigned index = blockIdx.x;
    int columns_left = columns - (int)tiles.axes.split(index, 0) * TILE;
    int rows_left = rows - (int)tiles.axes.split(index, 1) * TILE;
    int fast = threadIdx.x % TILE;
    for (int slow = threadIdx.x / TILE; slow < TILE; slow += TILE_ROWS) {
        if (slow < columns_left && fast < rows_left) {
            tile[slow][fast] = load_word(tiles.operand[0], at[0] + slow * x_stride + fast, kind);
        }
    }
    __syncthreads();
    for (int slow = threadIdx.x / TILE; slow < TILE; slow += TILE_ROWS) {
        if (slow < rows_left && fast < columns_left) {
            store_word(tiles.operand[1], at[1] + slow * y_stride + fast, kind, tile[fast][slow]);
        }
    }
}
EXPORT_KERNEL(copy_transposed)
