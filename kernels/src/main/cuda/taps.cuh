// Source pixels of one output position of a separable resampling, and their weights. Positions are computed in fp64 as
// the scalar reference does, so that a step like 14 / 9.1 picks the same pixels; weights are rounded to fp32.
#pragma once
#include "compat.h"

enum Interpolation { NEAREST = 1, BILINEAR = 2, BICUBIC = 4 }; // the value is the number of taps

template <int TAPS>
struct Taps {
    int index[TAPS];
    float weight[TAPS];

    // Output position `position`, whose centre lies at (position + 0.5) * step of a row of `size` pixels; borders
    // clamped.
    __device__ __forceinline__ Taps(int position, double step, int size) {
        double centre = (position + 0.5) * step;
        if constexpr (TAPS == NEAREST) {
            index[0] = clamp(floor(centre), size);
            weight[0] = 1;
            return;
        }
        double source = centre - 0.5;
        double left = floor(source);
        double t = source - left;
        if constexpr (TAPS == BILINEAR) {
            set(0, left, size, 1 - t);
            set(1, left + 1, size, t);
        }
        if constexpr (TAPS == BICUBIC) {
            set(0, left - 1, size, outer(1 + t));
            set(1, left, size, inner(t));
            set(2, left + 1, size, inner(1 - t));
            set(3, left + 2, size, outer(2 - t));
        }
    }

    __device__ __forceinline__ void set(int tap, double at, int size, double value) {
        index[tap] = clamp(at, size);
        weight[tap] = static_cast<float>(value);
    }

    static __device__ __forceinline__ int clamp(double at, int size) {
        return at < 0 ? 0 : at > size - 1 ? size - 1 : static_cast<int>(at);
    }

    // The kernel of cubic convolution with PyTorch's constant, for distances up to 1 and from 1 to 2.
    static __device__ __forceinline__ double inner(double d) { return ((-0.75 + 2) * d - (-0.75 + 3)) * d * d + 1; }
    static __device__ __forceinline__ double outer(double d) {
        return ((-0.75 * d - 5 * -0.75) * d + 8 * -0.75) * d - 4 * -0.75;
    }
};
