// Resampling of images [B, C, H, W] to [B, C, OH, OW]: half-pixel centres, source = (i + 0.5) * step - 0.5, borders
// clamped; the nearest pixel, 2 x 2 linear or 4 x 4 cubic weights (taps.cuh).
//
// `threads` (8 to 256) threads per output line, a block of 256 holds 256 / threads lines of the same planes; a thread
// computes the taps of its line and of every `threads`-th column once and applies them to `planes_per_block` planes,
// which pays for the fp64 positions. blockIdx.y counts the groups of planes. At most 64 registers, no shared memory.
// Expected limit: bandwidth of the write when enlarging (the few source lines stay in L1), of the read when reducing.
// Not yet measured on a card.
#include "image.cuh"
#include "taps.cuh"
#include "types.cuh"

template <int TAPS, class In, class Out>
__device__ __forceinline__ void resize(const Image& x, const Image& out, int threads, long long planes,
                                       int planes_per_block, int channels, int height, int width, int out_height,
                                       int out_width, double step_y, double step_x) {
    long long line = static_cast<long long>(blockIdx.x) * (blockDim.x / threads) + threadIdx.x / threads;
    if (line >= out_height) {
        return;
    }
    Taps<TAPS> lines(static_cast<int>(line), step_y, height);
    long long first = static_cast<long long>(blockIdx.y) * planes_per_block;
    long long end = first + planes_per_block < planes ? first + planes_per_block : planes;
    for (int column = threadIdx.x & (threads - 1); column < out_width; column += threads) {
        Taps<TAPS> columns(column, step_x, width);
        long long batch = first / channels;
        int channel = static_cast<int>(first - batch * channels);
#pragma unroll(4 / TAPS)
        for (long long plane = first; plane < end; plane++) {
            const In* from = x.at<const In>(batch, channel, 0);
            float sum = 0;
#pragma unroll
            for (int i = 0; i < TAPS; i++) {
                const In* pixels = from + lines.index[i] * x.row;
                float blend = 0;
#pragma unroll
                for (int j = 0; j < TAPS; j++) {
                    blend += columns.weight[j] * load(pixels + columns.index[j]);
                }
                sum += lines.weight[i] * blend;
            }
            store(out.at<Out>(batch, channel, line) + column, sum);
            if (++channel == channels) {
                channel = 0;
                batch++;
            }
        }
    }
}

#define RESIZE(name, TAPS, In, Out)                                                                                    \
    KERNEL __launch_bounds__(256, 4) void name(Image x, Image out, int threads, long long planes, int planes_per_block,\
                                               int channels, int height, int width, int out_height, int out_width,     \
                                               double step_y, double step_x) {                                         \
        resize<TAPS, In, Out>(x, out, threads, planes, planes_per_block, channels, height, width, out_height,          \
                              out_width, step_y, step_x);                                                              \
    }                                                                                                                  \
    EXPORT_KERNEL(name)

#define RESIZE_TYPES(kind, TAPS)                                                                                       \
    RESIZE(resize_##kind##_f32, TAPS, float, float)                                                                    \
    RESIZE(resize_##kind##_f32_bf16, TAPS, float, __nv_bfloat16)                                                       \
    RESIZE(resize_##kind##_bf16, TAPS, __nv_bfloat16, __nv_bfloat16)                                                   \
    RESIZE(resize_##kind##_bf16_f32, TAPS, __nv_bfloat16, float)

RESIZE_TYPES(nearest, NEAREST)
RESIZE_TYPES(bilinear, BILINEAR)
RESIZE_TYPES(bicubic, BICUBIC)
