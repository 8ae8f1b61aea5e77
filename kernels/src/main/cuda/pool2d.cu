// Pooling of windows of kernel x kernel pixels, `stride` apart, over an image padded by `pad` on all sides: their
// maximum (padding ignored; a NaN wins), their mean over kernel^2 pixels (padding counts as 0), or their mean over the
// pixels within the image. Sums in fp32.
//
// `threads` (8 to 256) threads per row of out [B, C, OH, OW], a block of 256 holds 256 / threads rows; a thread owns
// every `threads`-th pixel of the row and reads its window; neighbouring windows share lines through L1.
// 48 registers, no shared memory.
// Expected limit: bandwidth, one read of x and one write of out, for strides near the kernel. Not yet measured on a
// card.
#include "image.cuh"
#include "types.cuh"

enum Pooling { MAX = 0, AVERAGE = 1, AVERAGE_EXCLUDING_PADDING = 2 };

template <class In, class Out>
__device__ __forceinline__ void pool2d(const Image& x, const Image& out, long long rows, int threads, int channels,
                                       int height, int width, int out_height, int out_width, int op, int kernel,
                                       int stride, int pad) {
    long long row = static_cast<long long>(blockIdx.x) * (blockDim.x / threads) + threadIdx.x / threads;
    if (row >= rows) {
        return;
    }
    long long plane = row / out_height;
    int line = static_cast<int>(row - plane * out_height);
    long long batch = plane / channels;
    int channel = static_cast<int>(plane - batch * channels);
    long long top = static_cast<long long>(line) * stride - pad;
    int first_line = static_cast<int>(top < 0 ? 0 : top);
    int last_line = static_cast<int>(top + kernel < height ? top + kernel : height);
    const In* from = x.at<const In>(batch, channel, 0);
    Out* to = out.at<Out>(batch, channel, line);
    for (int column = threadIdx.x & (threads - 1); column < out_width; column += threads) {
        long long left = static_cast<long long>(column) * stride - pad;
        int first = static_cast<int>(left < 0 ? 0 : left);
        int last = static_cast<int>(left + kernel < width ? left + kernel : width);
        float most = -INFINITY;
        float sum = 0;
        for (int i = first_line; i < last_line; i++) {
            const In* pixels = from + i * x.row;
            for (int j = first; j < last; j++) {
                float value = load(pixels + j);
                most = most >= value || most != most ? most : value;
                sum += value;
            }
        }
        float area = op == AVERAGE ? static_cast<float>(kernel) * kernel
                                   : static_cast<float>(last_line - first_line) * (last - first);
        store(to + column, op == MAX ? most : sum / area);
    }
}

#define POOL2D(name, In, Out)                                                                                          \
    KERNEL __launch_bounds__(256) void name(Image x, Image out, long long rows, int threads, int channels, int height, \
                                            int width, int out_height, int out_width, int op, int kernel, int stride,  \
                                            int pad) {                                                                 \
        pool2d<In, Out>(x, out, rows, threads, channels, height, width, out_height, out_width, op, kernel, stride,     \
                        pad);                                                                                          \
    }                                                                                                                  \
    EXPORT_KERNEL(name)

POOL2D(pool2d_f32, float, float)
POOL2D(pool2d_f32_bf16, float, __nv_bfloat16)
POOL2D(pool2d_bf16, __nv_bfloat16, __nv_bfloat16)
POOL2D(pool2d_bf16_f32, __nv_bfloat16, float)
