// Pixel matching in the literal modes (Eq. 1 to 3 of arXiv 2403.14203): sums of two whole images at equal positions.
//
//   cost = lambda_ssd sum (f - g)^2 + lambda_ncc (s A / sqrt(U V) + (s < 0 ? 1 : 0)),
//   A = sum f g, U = sum f^2, V = sum g^2
//
// Launch 1: a warp owns a pixel of an anchor with the pixels of all groups at its place, a lane every 32nd four
// channels; the four sums of each pixel go to the saved tensor. Launch 2: a block per sample adds them in a fixed
// order. Features are read once from memory (the anchor for further groups from L1): [256,16,16,1280] against two is
// 1,007 MB, 0.24 ms at 4.2 TB/s, and 1.3 GFLOP; 2.1 MB of partial sums beside it. Not yet measured on a card.
#include "pixel_matching.cuh"

template <typename T>
__device__ __forceinline__ void pixel_literal_sums(
    const Rows& f, const Rows& g, const PixelGrid& grid, int vectors, float* saved) {
    const int lane = threadIdx.x % 32;
    const int per_image = (grid.pixels() + 7) / 8;
    const int anchor = blockIdx.x / per_image;
    const int pixel = blockIdx.x % per_image * 8 + threadIdx.x / 32;
    if (pixel >= grid.pixels()) {
        return;
    }
    const T* own = pixel_row<const T>(f, anchor, grid, pixel);
    for (int group = 0; group < grid.groups; group++) {
        const int number = group * grid.anchors + anchor;
        const T* other = pixel_row<const T>(g, number, grid, pixel);
        float a = 0.0f;
        float u = 0.0f;
        float v = 0.0f;
        float ssd = 0.0f;
        for (int c = lane * 4; c < grid.channels; c += 128) {
            float4 x = load_channels(own, c, grid.channels, vectors);
            float4 y = load_channels(other, c, grid.channels, vectors);
            float4 difference = float4{x.x - y.x, x.y - y.y, x.z - y.z, x.w - y.w};
            a = dot4(x, y, a);
            u = dot4(x, x, u);
            v = dot4(y, y, v);
            ssd = dot4(difference, difference, ssd);
        }
        a = warp_sum(a);
        u = warp_sum(u);
        v = warp_sum(v);
        ssd = warp_sum(ssd);
        if (lane == 0) {
            SavedSample<float> sample(saved, grid, number);
            sample.a()[pixel] = a;
            sample.u()[pixel] = u;
            sample.v()[pixel] = v;
            sample.squares_f()[pixel] = ssd;
        }
    }
}

KERNEL __launch_bounds__(256) void pixel_literal_sums_f32(
    const Rows f, const Rows g, const PixelGrid grid, int vectors, float* saved) {
    pixel_literal_sums<float>(f, g, grid, vectors, saved);
}
EXPORT_KERNEL(pixel_literal_sums_f32)

KERNEL __launch_bounds__(256) void pixel_literal_sums_bf16(
    const Rows f, const Rows g, const PixelGrid grid, int vectors, float* saved) {
    pixel_literal_sums<__nv_bfloat16>(f, g, grid, vectors, saved);
}
EXPORT_KERNEL(pixel_literal_sums_bf16)

// A block of 256 per sample: totals over the pixels, the cost, and winner 0 everywhere.
KERNEL __launch_bounds__(256) void pixel_literal_cost(const PixelGrid grid, float* cost, int* winners, float* saved) {
    const int number = blockIdx.x;
    const SavedSample<float> sample(saved, grid, number);
    double sums[4] = {0.0, 0.0, 0.0, 0.0};
    for (int p = threadIdx.x; p < grid.pixels(); p += 256) {
        sums[0] += sample.a()[p];
        sums[1] += sample.u()[p];
        sums[2] += sample.v()[p];
        sums[3] += sample.squares_f()[p];
        winners[static_cast<long long>(number) * grid.pixels() + p] = 0;
    }
#pragma unroll
    for (int i = 0; i < 4; i++) {
        sums[i] = block_sum(sums[i]);
    }
    if (threadIdx.x == 0) {
        sample.a()[0] = static_cast<float>(sums[0]);
        sample.u()[0] = static_cast<float>(sums[1]);
        sample.v()[0] = static_cast<float>(sums[2]);
        double m = sqrt(sums[1]) * sqrt(sums[2]);
        double ncc = m <= PIXEL_EPS ? 0.0 : sums[0] / m;
        double second = grid.literal > 0 ? ncc : 1.0 - ncc;
        cost[number] = static_cast<float>(grid.lambda_ssd * sums[3] + grid.lambda_ncc * second);
    }
}
EXPORT_KERNEL(pixel_literal_cost)
