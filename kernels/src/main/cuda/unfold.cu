// The patches of an image as rows: out[b, patch, (c, ky, kx)] = x[b, c, py * strideY + ky, px * strideX + kx].
//
// A gather: `threads` (8 to 256) threads per row of out, a block of 256 holds 256 / threads rows; neighbouring threads
// write neighbouring elements, and read runs of kx. A thread issues the loads of 4 elements before it stores them. The
// two divisions per element, by kernelX and kernelY, are 32-bit, some 40 instructions. 32 registers, no shared memory.
// Expected limit: bandwidth, out written once; x from DRAM once and from L2 where patches overlap. Not yet measured on
// a card.
#include "image.cuh"
#include "rows.cuh"
#include "types.cuh"

constexpr int BATCH = 4;

template <class In, class Out>
__device__ __forceinline__ void unfold(const Image& x, const Rows& out, long long rows, int width, int threads,
                                       int patches, int columns, int kernel_y, int kernel_x, int stride_y,
                                       int stride_x) {
    long long row = static_cast<long long>(blockIdx.x) * (blockDim.x / threads) + threadIdx.x / threads;
    if (row >= rows) {
        return;
    }
    int patch = static_cast<int>(row % patches);
    long long top = static_cast<long long>(patch / columns) * stride_y;
    long long left = static_cast<long long>(patch % columns) * stride_x;
    const In* corner = x.at<const In>(row / patches, 0, top) + left;
    Out* to = out.at<Out>(row);
    int first = threadIdx.x & (threads - 1);
    for (int i = first; i < width; i += BATCH * threads) {
        float values[BATCH];
#pragma unroll
        for (int k = 0; k < BATCH; k++) {
            int at = i + k * threads;
            if (at < width) {
                int line = at / kernel_x;
                int channel = line / kernel_y;
                long long source = channel * x.channel + static_cast<long long>(line - channel * kernel_y) * x.row;
                values[k] = load(corner + source + (at - line * kernel_x));
            }
        }
#pragma unroll
        for (int k = 0; k < BATCH; k++) {
            if (i + k * threads < width) {
                store(to + i + k * threads, values[k]);
            }
        }
    }
}

#define UNFOLD(name, In, Out)                                                                                          \
    KERNEL __launch_bounds__(256) void name(Image x, Rows out, long long rows, int width, int threads, int patches,    \
                                            int columns, int kernel_y, int kernel_x, int stride_y, int stride_x) {     \
        unfold<In, Out>(x, out, rows, width, threads, patches, columns, kernel_y, kernel_x, stride_y, stride_x);       \
    }                                                                                                                  \
    EXPORT_KERNEL(name)

UNFOLD(unfold_f32, float, float)
UNFOLD(unfold_f32_bf16, float, __nv_bfloat16)
UNFOLD(unfold_bf16, __nv_bfloat16, __nv_bfloat16)
UNFOLD(unfold_bf16_f32, __nv_bfloat16, float)
