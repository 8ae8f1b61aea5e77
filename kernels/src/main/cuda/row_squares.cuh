// Squared length of a row, and products with it, where fp32 may run out of range.
#pragma once
#include "row_group.cuh"

// True for a sum of squares that fp32 holds with all its digits; false for NaN.
__device__ __forceinline__ bool is_in_range(float squares) { return squares >= 1e-30f && squares <= 1e37f; }

// N sums over the columns of a row, of which the first is one of squares: in fp32, and once more in fp64 where the
// squares leave fp32's range. terms(column, accumulate) calls accumulate(i, a, b) to add a * b to sum i. Rounds 0 and
// 1.
template <int VEC, int N, class Terms>
__device__ __forceinline__ void wide_range_sums(const RowGroup& group, double (&sums)[N], Terms terms) {
    float fast[N] = {};
    group.columns<VEC>([&](int column) { terms(column, [&](int i, float a, float b) { fast[i] += a * b; }); });
    group.sums(fast, 0);
#pragma unroll
    for (int i = 0; i < N; i++) {
        sums[i] = fast[i];
    }
    bool exact = is_in_range(fast[0]);
    // Several rows may share a warp, and all of its lanes must meet in the shuffles.
    if (__any_sync(0xffffffffu, !exact)) {
        double slow[N] = {};
        group.columns<VEC>([&](int column) {
            terms(column, [&](int i, float a, float b) { slow[i] += static_cast<double>(a) * b; });
        });
        group.sums(slow, 1);
#pragma unroll
        for (int i = 0; i < N; i++) {
            sums[i] = exact ? sums[i] : slow[i];
        }
    }
}
