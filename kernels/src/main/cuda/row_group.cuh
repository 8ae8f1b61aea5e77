// What the kernels on rows share: a group of threads for each row, sums over the group, and a place for the row's
// values.
//
// Mapping: `threads` (4, 8, 16, 32 or the whole block of 256) threads own a row; a block holds blockDim.x / threads
// rows. Thread t of a group owns the columns [VEC (t + k threads), + VEC) for k = 0, 1, …, in every pass over the row,
// so what it keeps of them needs no barrier. VEC = 4 (16-byte accesses to fp32, 8-byte ones to bf16) needs rows that
// start at multiples of 4 elements of such addresses and a width that is a multiple of 4; VEC = 1 takes any row.
//
// Kept values take 4 bytes of dynamic shared memory per column and kept array, for the rows of a block up to 32 KB (rows
// of up to 1,024 columns) or 40 KB (longer rows); rows of more lie in scratch memory in global memory. Static: 0.5 to
// 1.5 KB for the sums of a block's warps.
//
// A group behind the last row has no columns: it takes part in every shuffle and barrier and touches no memory.
#pragma once
#include "compat.h"
#include "reduce.cuh"
#include "rows.cuh"
#include "types.cuh"

template <int VEC>
struct Pack {
    float v[VEC];
};

template <int VEC, class T>
__device__ __forceinline__ Pack<VEC> load_pack(const T* p) {
    Pack<VEC> pack;
    if constexpr (VEC == 4) {
        load4(p, pack.v);
    } else {
        pack.v[0] = load(p);
    }
    return pack;
}

template <int VEC, class T>
__device__ __forceinline__ void store_pack(T* p, const Pack<VEC>& pack) {
    if constexpr (VEC == 4) {
        store4(p, pack.v);
    } else {
        store(p, pack.v[0]);
    }
}

struct RowGroup {
    int threads;
    int thread;    // index within the group
    long long row; // clamped to the last row
    int width;     // 0 for a group behind the last row

    __device__ __forceinline__ RowGroup(long long rows, int columns, int group) {
        threads = group;
        thread = threadIdx.x & (group - 1);
        row = static_cast<long long>(blockIdx.x) * (blockDim.x / group) + threadIdx.x / group;
        width = row < rows ? columns : 0;
        row = row < rows ? row : rows - 1;
    }

    // f(column) for the first of every VEC columns of this thread.
    template <int VEC, class F>
    __device__ __forceinline__ void columns(F f) const {
#pragma unroll 4
        for (int column = thread * VEC; column < width; column += threads * VEC) {
            f(column);
        }
    }

    // use(column, load(column)) for the same columns, with the loads of a batch issued before the first use: stores of
    // a use may not be assumed to leave what the next load reads, so that the compiler cannot do it.
    template <int VEC, class Load, class Use>
    __device__ __forceinline__ void batches(Load load, Use use) const {
        constexpr int BATCH = 4;
        int step = threads * VEC;
        for (int first = thread * VEC; first < width; first += BATCH * step) {
            Pack<VEC> packs[BATCH];
#pragma unroll
            for (int i = 0; i < BATCH; i++) {
                if (first + i * step < width) {
                    packs[i] = load(first + i * step);
                }
            }
#pragma unroll
            for (int i = 0; i < BATCH; i++) {
                if (first + i * step < width) {
                    use(first + i * step, packs[i]);
                }
            }
        }
    }

    // Every thread gets the group's combined values, combined in a fixed order. With a group of several warps all
    // threads of the block must come here, and calls within a kernel need different `round`s, 0 to 3.
    template <class T, int N, class Combine>
    __device__ __forceinline__ void reduce(T (&v)[N], int round, Combine combine) const {
        __shared__ T parts[4][8 * 4];
#pragma unroll
        for (int distance = 16; distance > 0; distance >>= 1) {
            if (distance < threads) {
#pragma unroll
                for (int i = 0; i < N; i++) {
                    v[i] = combine(v[i], __shfl_xor_sync(0xffffffffu, v[i], distance));
                }
            }
        }
        if (threads > 32) {
            if ((thread & 31) == 0) {
#pragma unroll
                for (int i = 0; i < N; i++) {
                    parts[round][(thread >> 5) * N + i] = v[i];
                }
            }
            __syncthreads();
#pragma unroll
            for (int i = 0; i < N; i++) {
                v[i] = parts[round][i];
                for (int warp = 1; warp < threads >> 5; warp++) {
                    v[i] = combine(v[i], parts[round][warp * N + i]);
                }
            }
        }
    }

    template <class T, int N>
    __device__ __forceinline__ void sums(T (&v)[N], int round) const {
        reduce(v, round, Sum());
    }

    __device__ __forceinline__ float sum(float value, int round) const {
        float v[1] = {value};
        reduce(v, round, Sum());
        return v[0];
    }

    __device__ __forceinline__ float max(float value, int round) const {
        float v[1] = {value};
        reduce(v, round, Max());
        return v[0];
    }

    // Where this group keeps `arrays` rows of fp32 values: shared memory, or `wide` for rows that do not fit there.
    __device__ __forceinline__ float* keep(float* shared, float* wide, int columns, int arrays) const {
        long long size = static_cast<long long>(columns) * arrays;
        return wide != nullptr ? wide + row * size : shared + threadIdx.x / threads * size;
    }
};

// A row read once from memory and kept as fp32 by the threads of its group, in shared memory.
template <int VEC>
struct KeptRow {
    const RowGroup& group;
    float* kept;

    // f(column, values) on what memory holds.
    template <class T, class F>
    __device__ __forceinline__ void read(const T* from, F f) {
        group.batches<VEC>([&](int column) { return load_pack<VEC>(from + column); },
                           [&](int column, Pack<VEC>& pack) {
                               f(column, pack);
                               store_pack(kept + column, pack);
                           });
    }

    // f(column, values) on what was kept; changes to the values are kept.
    template <class F>
    __device__ __forceinline__ void change(F f) {
        group.columns<VEC>([&](int column) {
            Pack<VEC> pack = load_pack<VEC>(kept + column);
            f(column, pack);
            store_pack(kept + column, pack);
        });
    }

    // f(column, values) on what was kept.
    template <class F>
    __device__ __forceinline__ void each(F f) {
        group.columns<VEC>([&](int column) {
            Pack<VEC> pack = load_pack<VEC>(kept + column);
            f(column, pack);
        });
    }
};

// The same for rows of at most CHUNKS * VEC columns per thread, in registers.
template <int VEC, int CHUNKS>
struct RegisterRow {
    const RowGroup& group;
    Pack<VEC> pack[CHUNKS];

    __device__ __forceinline__ explicit RegisterRow(const RowGroup& g) : group(g) {}

    template <class T, class F>
    __device__ __forceinline__ void read(const T* from, F f) {
#pragma unroll
        for (int i = 0; i < CHUNKS; i++) {
            int column = (group.thread + i * group.threads) * VEC;
            if (column < group.width) {
                pack[i] = load_pack<VEC>(from + column);
            }
        }
        each(f);
    }

    template <class F>
    __device__ __forceinline__ void each(F f) {
#pragma unroll
        for (int i = 0; i < CHUNKS; i++) {
            int column = (group.thread + i * group.threads) * VEC;
            if (column < group.width) {
                f(column, pack[i]);
            }
        }
    }
};

// Mean and scale of a layer norm. The second pass takes the variance about the rounded mean and finds what that mean
// lacks (`shift`), so that a large mean costs no digits: n = ((x - mean) - shift) * scale.
struct RowStatistics {
    float mean;
    float shift;
    float scale;

    __device__ __forceinline__ RowStatistics(float rowMean, float deviations, float squares, int width, float eps) {
        mean = rowMean;
        shift = deviations / width;
        float variance = squares / width - shift * shift;
        variance = variance < 0 ? 0 : variance; // not fmaxf, which would hide a NaN
        scale = 1 / sqrtf(variance + eps);
    }

    __device__ __forceinline__ float normal(float x) const { return ((x - mean) - shift) * scale; }
};

// Statistics of a row; two passes, rounds 0 and 1 of the group.
template <int VEC, class Row, class T>
__device__ __forceinline__ RowStatistics row_statistics(const RowGroup& group, Row& row, const T* from, int width,
                                                        float eps) {
    float total = 0;
    row.read(from, [&](int, const Pack<VEC>& x) {
#pragma unroll
        for (int i = 0; i < VEC; i++) {
            total += x.v[i];
        }
    });
    float mean = group.sum(total, 0) / width;
    float moments[2] = {0, 0};
    row.each([&](int, const Pack<VEC>& x) {
#pragma unroll
        for (int i = 0; i < VEC; i++) {
            float deviation = x.v[i] - mean;
            moments[0] += deviation;
            moments[1] += deviation * deviation;
        }
    });
    group.sums(moments, 1);
    return RowStatistics(mean, moments[0], moments[1], width, eps);
}
