// reduce_backward: backward of maximum, minimum and log-sum-exp along one axis. gx += gy at the first of the extreme elements
// (the first NaN counts as one), or gx += gy softmax(x). x is fp32 or bf16, the gradients are fp32.
//
// A row whose log-sum-exp is minus infinity depends on none of its elements: nothing is added. One of plus infinity gives NaN.
// Threads: as reduction.cuh says; the threads of a row read it twice, the second time from the caches. Shared memory 4 KB.
// Expected limit: memory bandwidth, bytes = elements * (size of x + 8), for maxima those of x alone. Not yet measured on a
// card.

#include "reduction.cuh"

/** Codes of the Java enum ReduceOp. */
enum ReduceOp : int { MAX = 2, MIN = 3, LOG_SUM_EXP = 4 };

enum : int { INPUT, GRADIENT, RESULT };

/** The first of the largest elements so far; a NaN is larger than all. */
struct First {
    float value;
    int index;

    __device__ __forceinline__ void clear() {
        value = -INFINITY;
        index = 0x7fffffff;
    }
    __device__ __forceinline__ void merge(const First& other) {
        bool both_nan = value != value && other.value != other.value;
        bool first_nan = value == value && other.value != other.value;
        bool tie = both_nan || other.value == value;
        if (first_nan || other.value > value || (tie && other.index < index)) *this = other;
    }
    __device__ __forceinline__ First below(int distance) const {
        return First{lane_below(value, distance), lane_below(index, distance)};
    }
    __device__ __forceinline__ First of_lane(int) const { return First{lane_zero(value), lane_zero(index)}; }
};

/** One thread's share of a row. */
struct Row {
    const Reduction<3>& r;
    long long base[3];
    unsigned first;
    unsigned end;  // 0 for a thread without a row
    unsigned step;

    __device__ __forceinline__ Row(const Reduction<3>& reduction, const Team& team) : r(reduction) {
        bool mine = team.result() < r.kept.axes.count;
        r.kept.locate(mine ? team.result() : 0, base);
        first = team.member;
        end = mine ? r.terms.count : 0;
        step = team.members;
    }

    __device__ __forceinline__ float read(int operand, unsigned term) const {
        const Operand& x = r.kept.operand[operand];
        return value<1>(x, load<1>(x, place(operand, term)), 0);
    }

    __device__ __forceinline__ void add(unsigned term, float gradient) const {
        reinterpret_cast<float*>(r.kept.operand[RESULT].data)[place(RESULT, term)] += gradient;
    }

    __device__ __forceinline__ long long place(int operand, unsigned term) const {
        long long at[3] = {base[0], base[1], base[2]};
        r.locate_term(term, at);
        return operand == INPUT ? at[INPUT] : operand == GRADIENT ? at[GRADIENT] : at[RESULT];
    }
};

__device__ __forceinline__ void select(const Row& row, const Team& team, float sign) {
    First best;
    best.clear();
    for (unsigned term = row.first; term < row.end; term += row.step) {
        best.merge(First{sign * row.read(INPUT, term), (int)term});
    }
    best = team.combine(best);
    if (row.end > 0 && team.member == 0) row.add(best.index, row.read(GRADIENT, 0));
}

__device__ __forceinline__ void weigh(const Row& row, const Team& team) {
    ExpSum all;
    all.clear();
    for (unsigned term = row.first; term < row.end; term += row.step) all.add(row.read(INPUT, term));
    all = team.combine(all);
    if (row.end == 0 || all.most == -INFINITY) return;
    float share = all.most == INFINITY ? NAN : row.read(GRADIENT, 0) / (float)all.sum;
    for (unsigned term = row.first; term < row.end; term += row.step) {
        row.add(term, expf(row.read(INPUT, term) - all.most) * share);
    }
}

KERNEL __launch_bounds__(BLOCK) void reduce_backward(
    const __grid_constant__ Reduction<3> r, int op, int rows, int members) {
    Team team(rows, members);
    Row row(r, team);
    if (op == LOG_SUM_EXP) {
        weigh(row, team);
    } else {
        select(row, team, op == MIN ? -1.0f : 1.0f);
    }
}
EXPORT_KERNEL(reduce_backward)
