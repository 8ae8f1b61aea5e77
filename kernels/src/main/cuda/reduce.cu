// reduce: y = sum, mean, maximum, minimum or log-sum-exp of x over some axes; accumulating, y += alpha sum(x) or
// y += sum(a b), with broadcasting. x, a, b, y are fp32 or bf16; sums in fp64, the rest in fp32, rounded once.
//
// log-sum-exp = m + log(sum of exp(x - m)) with a running maximum m: one pass over x. An infinite m is the result.
// Threads: as reduction.cuh says. Long sums over few results are split into gridDim.y parts of `chunk` terms; their states
// go to scratch memory, 16 bytes each, result by result, and reduce_parts combines them, one warp per result.
// Shared memory 4 KB. A thread has 4 loads under way.
// Expected limit: memory bandwidth, bytes = terms * size of x + results * size of y. Not yet measured on a card.

#include "reduction.cuh"

/** In the order of the Java enum ReduceOp; a sum of products follows. */
enum ReduceOp : int { SUM, MEAN, MAX, MIN, LOG_SUM_EXP, DOT };

enum : int { LEFT, RIGHT, RESULT };

/** What becomes of a state: y = result, or y += scale * result. */
struct Ending {
    int op;
    int accumulate;
    double scale;  // of sums and means

    __device__ __forceinline__ double result(const Total& state) const { return state.sum * scale; }
    __device__ __forceinline__ double result(const ExpSum& state) const { return state.log(); }
    template <bool LARGEST>
    __device__ __forceinline__ double result(const Extreme<LARGEST>& state) const {
        return state.value;
    }

    template <class State>
    __device__ __forceinline__ void write(const Operand& y, long long at, const State& state) const {
        double v = result(state);
        if (accumulate) v += value<1>(y, load<1>(y, at), 0);
        float rounded[1] = {(float)v};
        store<1>(y, at, rounded);
    }
};

/** Adds the terms first, first + step, … below end to a state. */
template <class State, bool PRODUCT>
__device__ __forceinline__ State fold(
    const Reduction<3>& r, const long long (&base)[3], unsigned first, unsigned end, unsigned step) {
    const Operand& a = r.kept.operand[LEFT];
    const Operand& b = r.kept.operand[RIGHT];
    State state;
    state.clear();
    for (unsigned term = first; term < end; term += UNROLL * step) {
        Bits<1> left[UNROLL], right[UNROLL];
#pragma unroll
        for (int i = 0; i < UNROLL; ++i) {
            if (term + i * step < end) {
                long long at[3] = {base[0], base[1], base[2]};
                r.locate_term(term + i * step, at);
                left[i] = load<1>(a, at[LEFT]);
                if (PRODUCT) right[i] = load<1>(b, at[RIGHT]);
            }
        }
#pragma unroll
        for (int i = 0; i < UNROLL; ++i) {
            if (term + i * step < end) {
                float x = value<1>(a, left[i], 0);
                state.add(PRODUCT ? x * value<1>(b, right[i], 0) : x);
            }
        }
    }
    return state;
}

template <class State, bool PRODUCT>
__device__ __forceinline__ void reduce_with(
    const Reduction<3>& r, const Ending& ending, const Team& team, unsigned chunk, void* parts) {
    unsigned result = team.result();
    bool mine = result < r.kept.axes.count;
    unsigned from = blockIdx.y * chunk;
    unsigned left = r.terms.count - from;
    unsigned end = mine ? from + (left < chunk ? left : chunk) : 0;
    long long at[3];
    r.kept.locate(mine ? result : 0, at);
    State state = team.combine(fold<State, PRODUCT>(r, at, from + team.member, end, team.members));
    if (mine && team.member == 0) {
        if (gridDim.y > 1) {
            static_cast<State*>(parts)[(long long)result * gridDim.y + blockIdx.y] = state;
        } else {
            ending.write(r.kept.operand[RESULT], at[RESULT], state);
        }
    }
}

KERNEL __launch_bounds__(BLOCK) void reduce(
    const __grid_constant__ Reduction<3> r, int op, int accumulate, double scale, int rows, int members, unsigned chunk,
    void* parts) {
    Ending ending{op, accumulate, scale};
    Team team(rows, members);
    switch (op) {
        case SUM:
        case MEAN: reduce_with<Total, false>(r, ending, team, chunk, parts); break;
        case MAX: reduce_with<Extreme<true>, false>(r, ending, team, chunk, parts); break;
        case MIN: reduce_with<Extreme<false>, false>(r, ending, team, chunk, parts); break;
        case LOG_SUM_EXP: reduce_with<ExpSum, false>(r, ending, team, chunk, parts); break;
        default: reduce_with<Total, true>(r, ending, team, chunk, parts); break;
    }
}
EXPORT_KERNEL(reduce)

template <class State>
__device__ __forceinline__ void combine_parts(
    const Reduction<3>& r, const Ending& ending, const State* parts, int count) {
    Team team(1, WARP);
    unsigned result = team.result();
    bool mine = result < r.kept.axes.count;
    State state;
    state.clear();
    for (int part = team.member; mine && part < count; part += WARP) {
        state.merge(parts[(long long)result * count + part]);
    }
    state = team.combine(state);
    if (mine && team.member == 0) {
        long long at[3];
        r.kept.locate(result, at);
        ending.write(r.kept.operand[RESULT], at[RESULT], state);
    }
}

KERNEL __launch_bounds__(BLOCK) void reduce_parts(
    const __grid_constant__ Reduction<3> r, int op, int accumulate, double scale, const void* parts, int count) {
    Ending ending{op, accumulate, scale};
    switch (op) {
        case MAX: combine_parts(r, ending, static_cast<const Extreme<true>*>(parts), count); break;
        case MIN: combine_parts(r, ending, static_cast<const Extreme<false>*>(parts), count); break;
        case LOG_SUM_EXP: combine_parts(r, ending, static_cast<const ExpSum*>(parts), count); break;
        default: combine_parts(r, ending, static_cast<const Total*>(parts), count); break;
    }
}
EXPORT_KERNEL(reduce_parts)
