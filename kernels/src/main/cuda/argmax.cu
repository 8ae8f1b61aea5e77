// argmax: y = index of the largest element along one axis, the lowest on ties; NaN never wins, a row of nothing but NaN gives
// 0. x is fp32 or bf16, y is int32.
//
// Threads: as reduction.cuh says. Shared memory 4 KB.
// Expected limit: memory bandwidth, bytes = elements * size of x. Not yet measured on a card.

#include "reduction.cuh"

enum : int { INPUT, RESULT };

/** The best element so far; at first a NaN behind all others. */
struct Best {
    float value;
    int index;

    __device__ __forceinline__ void clear() {
        value = NAN;
        index = 0x7fffffff;
    }
    __device__ __forceinline__ void merge(const Best& other) {
        bool both_nan = value != value && other.value != other.value;
        bool first_number = value != value && other.value == other.value;
        bool tie = both_nan || other.value == value;
        if (first_number || other.value > value || (tie && other.index < index)) *this = other;
    }
    __device__ __forceinline__ Best below(int distance) const {
        return Best{lane_below(value, distance), lane_below(index, distance)};
    }
    __device__ __forceinline__ Best of_lane(int) const { return Best{lane_zero(value), lane_zero(index)}; }
};

KERNEL __launch_bounds__(BLOCK) void argmax(const __grid_constant__ Reduction<2> r, int rows, int members) {
    Team team(rows, members);
    unsigned result = team.result();
    bool mine = result < r.kept.axes.count;
    const Operand& x = r.kept.operand[INPUT];
    long long base[2];
    r.kept.locate(mine ? result : 0, base);
    Best best;
    best.clear();
    for (unsigned term = team.member; mine && term < r.terms.count; term += team.members) {
        long long at[2] = {base[0], base[1]};
        r.locate_term(term, at);
        best.merge(Best{value<1>(x, load<1>(x, at[INPUT]), 0), (int)term});
    }
    best = team.combine(best);
    if (mine && team.member == 0) reinterpret_cast<int*>(r.kept.operand[RESULT].data)[base[RESULT]] = best.index;
}
EXPORT_KERNEL(argmax)
