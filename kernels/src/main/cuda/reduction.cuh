#pragma once
// Loops of the reductions: which thread takes which terms of which result, and how the threads of a result combine what they
// found. The launcher (Java class Reduction) merges axes, and chooses between two mappings of a block of 256 threads:
//   rows     results side by side take `members` = 32 or 256 threads each, neighbouring threads take neighbouring terms: for
//            terms that are dense in memory;
//   columns  32 neighbouring results, 8 threads each, neighbouring threads take neighbouring results: for results that are.
// The terms of a result are combined in a fixed order, so the same inputs give the same bits; sums are taken in fp64, which
// costs nothing beside the memory traffic on cards with half-rate or quarter-rate fp64.

#include "elementwise.cuh"

constexpr unsigned ALL_LANES = 0xffffffffu;
constexpr int WARP = 32;
/** Loads of a thread under way at the same time. */
constexpr int UNROLL = 4;

/** Results (`kept`, one unit each) over N operands, and for each result its terms. */
template <int N>
struct Reduction {
    Elementwise<N> kept;
    Axes terms;
    long long stride[N][MOST_AXES];  // elements per step along the axes of the terms

    /** Moves `at` from the first term of a result to another. */
    __device__ __forceinline__ void locate_term(unsigned term, long long (&at)[N]) const {
        int last = terms.axes - 1;
#pragma unroll 1
        for (int axis = 0; axis < last; ++axis) {
            unsigned step = terms.split(term, axis);
#pragma unroll
            for (int n = 0; n < N; ++n) at[n] += step * stride[n][axis];
        }
#pragma unroll
        for (int n = 0; n < N; ++n) at[n] += term * stride[n][last];
    }
};

/** Memory of a block for the largest state of each thread; one piece whatever states a kernel instantiates. */
__device__ __forceinline__ double2* team_memory() {
    __shared__ double2 memory[BLOCK];
    return memory;
}

/** The place of the calling thread: `member` of the threads of one result, which is number `slot` of the block. */
struct Team {
    bool rows;
    int members;
    int member;
    int slot;

    __device__ __forceinline__ Team(int rowwise, int size) : rows(rowwise != 0), members(size) {
        member = rows ? threadIdx.x % members : threadIdx.x / (BLOCK / members);
        slot = rows ? threadIdx.x / members : threadIdx.x % (BLOCK / members);
    }

    __device__ __forceinline__ unsigned result() const { return blockIdx.x * (unsigned)(BLOCK / members) + slot; }

    /** Combines the states of a result's threads; all of them get it. Every thread of the block must call. */
    template <class State>
    __device__ __forceinline__ State combine(State state) const {
        State* states = reinterpret_cast<State*>(team_memory());
        if (rows) {
            for (int distance = WARP / 2; distance > 0; distance /= 2) state.merge(state.below(distance));
            state = state.of_lane(0);
            if (members == WARP) return state;
            if (threadIdx.x % WARP == 0) states[threadIdx.x / WARP] = state;
        } else {
            states[threadIdx.x] = state;
        }
        __syncthreads();
        int step = rows ? 1 : BLOCK / members;
        int count = rows ? members / WARP : members;
        state = states[rows ? 0 : slot];
        for (int i = 1; i < count; ++i) state.merge(states[(rows ? 0 : slot) + i * step]);
        return state;
    }
};

template <class T>
__device__ __forceinline__ T lane_below(T value, int distance) {
    return __shfl_down_sync(ALL_LANES, value, distance);
}

template <class T>
__device__ __forceinline__ T lane_zero(T value) {
    return __shfl_sync(ALL_LANES, value, 0);
}

/** A sum. */
struct Total {
    double sum;

    __device__ __forceinline__ void clear() { sum = 0; }
    __device__ __forceinline__ void add(float x) { sum += x; }
    __device__ __forceinline__ void merge(const Total& other) { sum += other.sum; }
    __device__ __forceinline__ Total below(int distance) const { return Total{lane_below(sum, distance)}; }
    __device__ __forceinline__ Total of_lane(int) const { return Total{lane_zero(sum)}; }
};

/** The largest value, or the smallest; NaN if there is one. */
template <bool LARGEST>
struct Extreme {
    float value;

    __device__ __forceinline__ void clear() { value = LARGEST ? -INFINITY : INFINITY; }
    __device__ __forceinline__ void add(float x) {
        bool keep = LARGEST ? value >= x : value <= x;
        value = keep || value != value ? value : x;
    }
    __device__ __forceinline__ void merge(const Extreme& other) { add(other.value); }
    __device__ __forceinline__ Extreme below(int distance) const { return Extreme{lane_below(value, distance)}; }
    __device__ __forceinline__ Extreme of_lane(int) const { return Extreme{lane_zero(value)}; }
};

/** The sum of exp(x) as sum * exp(most), rescaled when a larger x comes. Both are NaN if there is one. */
struct ExpSum {
    double sum;
    float most;

    __device__ __forceinline__ void clear() {
        sum = 0;
        most = -INFINITY;
    }
    __device__ __forceinline__ void merge(const ExpSum& other) {
        if (other.most <= most) {
            // Equal values need no exp, and infinities must not be subtracted.
            sum += other.most == most ? other.sum : other.sum * expf(other.most - most);
        } else if (other.most > most) {
            sum = sum * expf(most - other.most) + other.sum;
            most = other.most;
        } else {
            sum = most = NAN;
        }
    }
    __device__ __forceinline__ void add(float x) { merge(ExpSum{1.0, x}); }
    __device__ __forceinline__ ExpSum below(int distance) const {
        return ExpSum{lane_below(sum, distance), lane_below(most, distance)};
    }
    __device__ __forceinline__ ExpSum of_lane(int) const { return ExpSum{lane_zero(sum), lane_zero(most)}; }

    /** The maximum itself where a difference from it has no meaning. */
    __device__ __forceinline__ float log() const { return isinf(most) ? most : most + logf((float)sum); }
};
