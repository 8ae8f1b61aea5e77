// The numbers that pass from launch 1 to launch 2 of the backward pass of pixel matching.
#pragma once
#include "pixel_matching.cuh"

// One sample's part of [samples, 3 pixels + 2]. With d the displacement of pixel p's winner and o a place of its
// window:
//   grad f(p + o) += product(p) g(p + d + o) + own_f(p) f(p + o),  grad f(r) -= mean[0] f(r) for every pixel r,
//   grad g(p + d + o) += product(p) f(p + o) + own_g(p) g(p + d + o),  grad g(r) -= mean[1] g(r).
template <typename Number>
struct PixelCoefficients {
    Number* numbers;
    int pixels;

    __device__ __forceinline__ PixelCoefficients(Number* all, const PixelGrid& grid, int sample)
        : numbers(all + static_cast<long long>(sample) * (3LL * grid.pixels() + 2)), pixels(grid.pixels()) {}
    __device__ __forceinline__ Number* product() const { return numbers; }
    __device__ __forceinline__ Number* own_f() const { return numbers + pixels; }
    __device__ __forceinline__ Number* own_g() const { return own_f() + pixels; }
    __device__ __forceinline__ Number* mean() const { return own_g() + pixels; }
};
