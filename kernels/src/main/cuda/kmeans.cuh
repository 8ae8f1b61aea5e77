// What the kernels of cosine k-means share. A "problem" is one restart of one frame; there are frames * restarts of them,
// and every kernel takes all of them in one launch. Nothing comes back to the host between the launches: a problem that is
// done says so in device memory, and from then on its blocks return at once.
//
// Results are the CPU's to the last bit (Java package dev.earshot.tensor.kmeans): the same random numbers, the same order of
// every sum, every product and sum rounded by itself (the _rn functions, which no compiler fuses).
#pragma once
#include "compat.h"
#include "reduce.cuh"

constexpr int BLOCK = 256;
constexpr int LANES = 32;
constexpr int WARPS = BLOCK / LANES;
/** Rows of a tile: one per lane. */
constexpr int TILE = 32;
/** Centroids that a tile is compared with at a time: one per warp, for the sums over channel blocks. */
constexpr int SLOTS = WARPS;
/** Channels of a block: summed in fp32 before the sum is carried on in fp64. Rows are padded to a multiple with zeros. */
constexpr int CHANNELS = 32;
/** Floats between the rows of a tile in shared memory: lanes that read four neighbours meet in no bank. */
constexpr int PITCH = CHANNELS + 4;
/** A row or a sum of rows at most this long has no direction. */
constexpr double EPS = 1e-6;
constexpr unsigned WHOLE_WARP = 0xffffffffu;

/** State of a problem. All zero before the first kernel. */
struct Problem {
    unsigned long long random;
    int done;
    int ticket;    // blocks that have finished the current launch
    int parity;    // which of the two label arrays the sums belong to
    int unused;
    double inertia; // of a refined run
};

/** Addresses and sizes, as the Java class KMeansProblems packs them: 8-byte words, passed by value. */
struct KMeans {
    const float* x;          // input [frames, rows, width] with strides in elements
    long long frame_stride;
    long long row_stride;
    const int* indices;      // [frames]
    int* labels;             // results, see Backend.cosineKMeans
    float* final_centroids;
    float* similarities;
    float* inertia;

    Problem* problems;       // [problems]
    int* broken;             // [frames], 1 if a row had an element that is none or infinite
    int* taken;              // [problems, rows], 1 if a run starts from the row
    int* sizes;              // [problems, K], members that are in the sums
    double* sums;            // [problems, K, width], members added up; all from here up is 0 before the first kernel

    float* unit;             // [frames, rows, padded], rows of length 1 or 0
    int* live;               // [frames, rows]
    int* chosen;             // [problems, K], rows that the runs start from
    double* weight;          // [problems, rows], of k-means++
    double* chunks;          // [problems, (rows + 63) / 64], sums of weights
    int* nearest;            // [problems, rows], the newest assignment
    double* own;             // [problems, rows], the cosine with the nearest centroid
    int* assigned;           // [2, problems, rows], the same after empty clusters were given a row
    int* counts;             // [problems, K], live rows by label
    double* centroids;       // [problems, K, width]
    float* rounded;          // [problems, K, padded], centroids in fp32
    int* directionless;      // [problems, K], 1 for zero centroids
    double* turn;            // [problems, K], 1 - cosine of old and new centroid
    double* dots;            // [problems, K]
    int* best;               // [frames], the best restart

    long long seed;
    double tolerance;
    long long frames;
    long long restarts;
    long long rows;
    long long width;
    long long padded;        // width rounded up to whole channel blocks
    long long clusters;

    __device__ __forceinline__ int frame_of(int problem) const { return problem / static_cast<int>(restarts); }
    __device__ __forceinline__ const float* frame_rows(int frame) const { return unit + frame * rows * padded; }
    __device__ __forceinline__ int* labels_of(int parity, int problem) const {
        return assigned + (parity * frames * restarts + problem) * rows;
    }
    __device__ __forceinline__ int tiles() const { return static_cast<int>((rows + TILE - 1) / TILE); }
};

/** The sum of the lanes: halves are added until one is left. Every lane gets it. */
__device__ __forceinline__ double lane_total(double sum) {
#pragma unroll
    for (int distance = LANES / 2; distance > 0; distance >>= 1) {
        sum = __dadd_rn(sum, __shfl_xor_sync(WHOLE_WARP, sum, distance));
    }
    return sum;
}

/** Doubles in shared memory that sums over a block are staged in. */
constexpr int STAGE = 1024;

/** Sum of term(0 .. n-1) in the order of LaneSums: lane l of a warp takes l, l + 32 … The whole block calls and gets it. */
template <class Term>
__device__ __forceinline__ double block_lane_sum(long long n, double* stage, Term term) {
    double sum = 0;
    for (long long from = 0; from < n; from += STAGE) {
        int count = static_cast<int>(n - from < STAGE ? n - from : STAGE);
        for (int i = threadIdx.x; i < count; i += BLOCK) {
            stage[i] = term(from + i);
        }
        __syncthreads();
        if (threadIdx.x < LANES) {
            for (int i = threadIdx.x; i < count; i += LANES) {
                sum = __dadd_rn(sum, stage[i]);
            }
        }
        __syncthreads();
    }
    if (threadIdx.x < LANES) {
        sum = lane_total(sum);
        if (threadIdx.x == 0) {
            stage[0] = sum;
        }
    }
    __syncthreads();
    sum = stage[0];
    __syncthreads();
    return sum;
}

/** Sum of n values in turn. The whole block calls and gets it. */
__device__ __forceinline__ double sequential_sum(const double* values, int n, double* stage) {
    double sum = 0;
    for (int from = 0; from < n; from += STAGE) {
        int count = min(n - from, STAGE);
        for (int i = threadIdx.x; i < count; i += BLOCK) {
            stage[i] = values[from + i];
        }
        __syncthreads();
        if (threadIdx.x == 0) {
            for (int i = 0; i < count; i++) {
                sum = __dadd_rn(sum, stage[i]);
            }
        }
        __syncthreads();
    }
    if (threadIdx.x == 0) {
        stage[0] = sum;
    }
    __syncthreads();
    sum = stage[0];
    __syncthreads();
    return sum;
}

/** Shared memory of a tile of rows. */
struct Tile {
    float rows[WARPS][TILE * PITCH];
    float partial[WARPS][SLOTS][TILE]; // sums over a channel block
    double cosines[SLOTS][TILE];
};

/** Shared memory of a block that compares a tile and then, if it is the last one, adds up. */
union TileMemory {
    Tile tile;
    double stage[STAGE];
};

/**
 * The cosines of 32 rows with up to SLOTS centroids; thread t gets that of row t % 32 with centroid t / 32. A warp takes one
 * block of channels at a time, a lane one row and GROUP centroids; the blocks' fp32 sums then meet in shared memory and are
 * added in their order in fp64.
 *
 * @param first the first row of the tile
 * @param centroids of the first slot, `slots` of them, `padded` floats each
 */
template <int GROUP>
__device__ __forceinline__ double tile_cosines(
        const KMeans& k, int frame, long long first, const float* __restrict__ centroids, int slots, Tile& tile) {
    int lane = threadIdx.x % LANES;
    int warp = threadIdx.x / LANES;
    const float* __restrict__ rows = k.frame_rows(frame);
    float* own = tile.rows[warp];
    int blocks = static_cast<int>(k.padded / CHANNELS);
    double sum = 0;
    for (int chunk = 0; chunk < blocks; chunk += WARPS) {
        int block = chunk + warp;
        if (block < blocks) {
            // Eight lanes fetch the 128 bytes of a row; rows behind the last repeat it and are not used.
#pragma unroll
            for (int i = 0; i < TILE / 4; i++) {
                int row = i * 4 + lane / 8;
                int channel = lane % 8 * 4;
                long long source = min(first + row, k.rows - 1);
                *reinterpret_cast<float4*>(own + row * PITCH + channel) = *reinterpret_cast<const float4*>(
                    rows + source * k.padded + block * CHANNELS + channel);
            }
            __syncwarp();
            for (int slot = 0; slot < slots; slot += GROUP) {
                float partial[GROUP];
                const float* vectors[GROUP];
#pragma unroll
                for (int s = 0; s < GROUP; s++) {
                    partial[s] = 0;
                    vectors[s] = centroids + min(slot + s, slots - 1) * k.padded + block * CHANNELS;
                }
#pragma unroll
                for (int c = 0; c < CHANNELS; c += 4) {
                    float4 a = *reinterpret_cast<const float4*>(own + lane * PITCH + c);
#pragma unroll
                    for (int s = 0; s < GROUP; s++) {
                        float4 b = *reinterpret_cast<const float4*>(vectors[s] + c);
                        float four = __fadd_rn(__fmul_rn(a.x, b.x), __fmul_rn(a.y, b.y));
                        four = __fadd_rn(__fadd_rn(four, __fmul_rn(a.z, b.z)), __fmul_rn(a.w, b.w));
                        partial[s] = __fadd_rn(partial[s], four);
                    }
                }
#pragma unroll
                for (int s = 0; s < GROUP; s++) {
                    if (slot + s < SLOTS) {
                        tile.partial[warp][slot + s][lane] = partial[s];
                    }
                }
            }
        }
        __syncthreads();
        if (warp < slots) {
            for (int i = 0; i < WARPS && chunk + i < blocks; i++) {
                sum = __dadd_rn(sum, static_cast<double>(tile.partial[i][warp][lane]));
            }
        }
        __syncthreads();
    }
    return sum;
}

/** True in the block of a problem that comes last in a launch; it sees what the others wrote. */
__device__ __forceinline__ bool is_last_block(Problem& problem, int blocks) {
    __shared__ int last;
    __threadfence();
    __syncthreads();
    if (threadIdx.x == 0) {
        last = atomicAdd(&problem.ticket, 1) == blocks - 1;
        if (last) {
            problem.ticket = 0;
        }
    }
    __syncthreads();
    if (last) {
        __threadfence();
    }
    return last;
}

/** Shared memory for the rows that enter or leave a cluster. */
struct Moves {
    static constexpr int CAPACITY = 1024;
    int row[CAPACITY]; // ~row if it leaves
    int found[WARPS];
    int gained[WARPS];
};

/**
 * Brings the sum and the size of a cluster from the labels `before` (none yet if null) to `now`: rows are subtracted and
 * added in their order, each channel by one thread. The whole block calls; returns the number of moves.
 */
__device__ __forceinline__ int apply_moves(
        const KMeans& k, int problem, int cluster, const int* before, const int* now, Moves& moves) {
    int frame = k.frame_of(problem);
    const int* live = k.live + frame * k.rows;
    const float* __restrict__ rows = k.frame_rows(frame);
    long long at = problem * k.clusters + cluster;
    double* sum = k.sums + at * k.width;
    int lane = threadIdx.x % LANES;
    int warp = threadIdx.x / LANES;
    int size = k.sizes[at];
    int grown = size;
    int held = 0;
    int total = 0;
    for (long long from = 0; from < k.rows; from += BLOCK) {
        long long row = from + threadIdx.x;
        bool enters = false;
        bool leaves = false;
        if (row < k.rows && live[row] != 0) {
            bool is = now[row] == cluster;
            bool was = before != nullptr && before[row] == cluster;
            enters = is && !was;
            leaves = was && !is;
        }
        unsigned in = __ballot_sync(WHOLE_WARP, enters);
        unsigned out = __ballot_sync(WHOLE_WARP, leaves);
        if (lane == 0) {
            moves.found[warp] = __popc(in | out);
            moves.gained[warp] = __popc(in) - __popc(out);
        }
        __syncthreads();
        int place = held + __popc((in | out) & ((1u << lane) - 1));
        for (int w = 0; w < WARPS; w++) {
            place += w < warp ? moves.found[w] : 0;
            held += moves.found[w];
            total += moves.found[w];
            grown += moves.gained[w];
        }
        if (enters || leaves) {
            moves.row[place] = static_cast<int>(leaves ? ~row : row);
        }
        __syncthreads();
        if (held > Moves::CAPACITY - BLOCK || from + BLOCK >= k.rows) {
            for (long long c = threadIdx.x; c < k.width; c += BLOCK) {
                double value = sum[c];
                int members = size;
#pragma unroll 8
                for (int i = 0; i < held; i++) {
                    int move = moves.row[i];
                    bool leaving = move < 0;
                    double x = rows[(leaving ? ~move : move) * k.padded + c];
                    members += leaving ? -1 : 1;
                    value = __dadd_rn(value, leaving ? -x : x);
                    value = members == 0 ? 0 : value; // no rounding left behind
                }
                sum[c] = value;
            }
            size = grown;
            held = 0;
            __syncthreads();
        }
    }
    if (threadIdx.x == 0) {
        k.sizes[at] = grown;
    }
    return total;
}

/** The length of a cluster's sum. The whole block calls and gets it. */
__device__ __forceinline__ double sum_length(const KMeans& k, long long at, double* stage) {
    const double* sum = k.sums + at * k.width;
    return sqrt(block_lane_sum(k.width, stage, [=](long long c) { return __dmul_rn(sum[c], sum[c]); }));
}

/** The new centroid from a sum that changed; returns 1 - its cosine with the old one. The whole block calls. */
__device__ __forceinline__ double turn_centroid(const KMeans& k, long long at, double* stage) {
    const double* sum = k.sums + at * k.width;
    double* centroid = k.centroids + at * k.width;
    float* rounded = k.rounded + at * k.padded;
    double norm = sum_length(k, at, stage);
    if (norm > EPS && threadIdx.x == 0) {
        k.directionless[at] = 0;
    }
    double cosine = block_lane_sum(k.width, stage, [=](long long c) {
        double old = centroid[c];
        double next = norm > EPS ? sum[c] / norm : old;
        centroid[c] = next;
        rounded[c] = static_cast<float>(next);
        return __dmul_rn(old, next);
    });
    return __dsub_rn(1, cosine);
}
