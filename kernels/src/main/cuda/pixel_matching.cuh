// What the kernels of pixel matching share: sizes, displacements, the layout of the saved tensor, loads of four
// channels.
#pragma once
#include "compat.h"
#include "reduce.cuh"
#include "rows.cuh"
#include "types.cuh"

constexpr float PIXEL_EPS = 1e-6f;  // norms and products of norms up to this count as zero

constexpr int NORM_IMAGE = 0;
constexpr int NORM_PIXEL = 1;

// Sizes and settings of one call; the Java class PixelGrid packs it.
struct PixelGrid {
    int anchors;  // samples of f
    int groups;   // samples of g per anchor; sample group * anchors + anchor meets anchor
    int height;
    int width;
    int channels;
    int window;
    int range_y;
    int range_x;
    int slots_y;  // min(height, 2 range_y + 1): different vertical displacements that one pixel has
    int slots_x;
    int norm;
    int literal;  // 0 for a search, else the sign of the correlation in a literal cost
    float lambda_ssd;
    float lambda_ncc;

    __device__ __forceinline__ int pixels() const { return height * width; }
    __device__ __forceinline__ int radius() const { return window / 2; }
    __device__ __forceinline__ int dy(int k) const { return k / (2 * range_x + 1) - range_y; }
    __device__ __forceinline__ int dx(int k) const { return k % (2 * range_x + 1) - range_x; }
    __device__ __forceinline__ bool inside(int y, int x) const { return y >= 0 && y < height && x >= 0 && x < width; }

    // Where the products of displacement (dy, dx) lie within a sample's [slots_y, slots_x, pixels]: displacements
    // that one pixel may have differ by less than the number of slots, so the remainder tells them apart.
    __device__ __forceinline__ long long products(int dy, int dx) const {
        int row = dy < 0 ? dy + slots_y : dy;
        int column = dx < 0 ? dx + slots_x : dx;
        return (static_cast<long long>(row) * slots_x + column) * pixels();
    }

    __device__ __forceinline__ long long products_per_sample() const {
        return static_cast<long long>(slots_y) * slots_x * pixels();
    }
};

// One sample's part of the saved tensor [samples, 2 + 5 pixels]: reciprocal divisors of the two images, the sums over
// the winner's window (scaled) by pixel, the squared lengths of the raw pixels. In the literal modes a, u, v of the
// image are the first numbers of their parts.
template <typename Number>
struct SavedSample {
    Number* numbers;
    int pixels;

    __device__ __forceinline__ SavedSample(Number* saved, const PixelGrid& grid, int sample)
        : numbers(saved + static_cast<long long>(sample) * (2 + 5LL * grid.pixels())), pixels(grid.pixels()) {}
    __device__ __forceinline__ Number* a() const { return numbers + 2; }
    __device__ __forceinline__ Number* u() const { return a() + pixels; }
    __device__ __forceinline__ Number* v() const { return u() + pixels; }
    __device__ __forceinline__ Number* squares_f() const { return v() + pixels; }
    __device__ __forceinline__ Number* squares_g() const { return squares_f() + pixels; }
};

// 1 / divisor; 0 where the scaled features are zero by definition. A NaN stays one.
__device__ __forceinline__ float pixel_reciprocal(float divisor) {
    return divisor <= PIXEL_EPS ? 0.0f : 1.0f / divisor;
}

template <typename T>
__device__ __forceinline__ T* pixel_row(const Rows& rows, int sample, const PixelGrid& grid, int pixel) {
    return rows.at<T>(static_cast<long long>(sample) * grid.pixels() + pixel);
}

// Channels c to c + 3 of a pixel, zero beyond the last channel. With vectors, the number of channels is a multiple of
// four and every pixel is aligned to a vector.
template <typename T>
__device__ __forceinline__ float4 load_channels(const T* pixel, int c, int channels, bool vectors) {
    float x[4] = {};
    if (vectors && c < channels) {
        load4(pixel + c, x);
    } else {
#pragma unroll
        for (int i = 0; i < 4; i++) {
            x[i] = c + i < channels ? load(pixel + c + i) : 0.0f;
        }
    }
    return float4{x[0], x[1], x[2], x[3]};
}

__device__ __forceinline__ void add_to_channels(float* pixel, int c, int channels, bool vectors, float4 x) {
    if (c >= channels) {
        return;
    }
    float4 sum = load_channels(pixel, c, channels, vectors);
    float sums[4] = {sum.x + x.x, sum.y + x.y, sum.z + x.z, sum.w + x.w};
    if (vectors) {
        store4(pixel + c, sums);
        return;
    }
#pragma unroll
    for (int i = 0; i < 4; i++) {
        if (c + i < channels) {
            pixel[c + i] = sums[i];
        }
    }
}

__device__ __forceinline__ float dot4(float4 x, float4 y, float sum) {
    sum = fmaf(x.x, y.x, sum);
    sum = fmaf(x.y, y.y, sum);
    sum = fmaf(x.z, y.z, sum);
    return fmaf(x.w, y.w, sum);
}

__device__ __forceinline__ void add_scaled4(float factor, float4 x, float4& sum) {
    sum.x = fmaf(factor, x.x, sum.x);
    sum.y = fmaf(factor, x.y, sum.y);
    sum.z = fmaf(factor, x.z, sum.z);
    sum.w = fmaf(factor, x.w, sum.w);
}
