// The windows of an image as columns, so that a convolution becomes a product (where cuDNN has no engine for it).
//
// out[b, (c*KH + ky)*KW + kx, oy*OW + ox] = x[b, c, oy*SY - PY + ky*DY, ox*SX - PX + kx*DX], 0 outside of the image.
// Mapping: a thread owns output positions of one column row (b, c, ky, kx) = blockIdx.y (grid-stride over images by blockIdx.z),
//   neighbours along ox, so that writes are coalesced and reads are at stride 1.
// Shared memory: none. Limit: bandwidth, KH*KW times the image written once and mostly read from cache. Not yet measured on a
// card.
#include "types.cuh"

struct Window {
    long long channels, height, width;     // of the image
    long long rows, columns;               // of the result
    long long kernel_y, kernel_x, stride_y, stride_x, pad_y, pad_x, dilation_y, dilation_x;
};

template <class T>
__device__ __forceinline__ void im2col(const T* __restrict__ x, T* __restrict__ out, const Window& w, long long row_count) {
    long long positions = w.rows * w.columns;
    for (long long row = blockIdx.y; row < row_count; row += gridDim.y) {
        long long tap = row % (w.kernel_y * w.kernel_x);
        long long plane = row / (w.kernel_y * w.kernel_x); // image * channels + channel
        long long from_y = tap / w.kernel_x * w.dilation_y - w.pad_y;
        long long from_x = tap % w.kernel_x * w.dilation_x - w.pad_x;
        const T* image = x + plane * w.height * w.width;
        T* to = out + row * positions;
        for (long long p = blockIdx.x * static_cast<long long>(blockDim.x) + threadIdx.x; p < positions;
             p += static_cast<long long>(gridDim.x) * blockDim.x) {
            long long oy = p / w.columns;
            long long iy = oy * w.stride_y + from_y;
            long long ix = (p - oy * w.columns) * w.stride_x + from_x;
            bool inside = iy >= 0 && iy < w.height && ix >= 0 && ix < w.width;
            store(to + p, inside ? load(image + iy * w.width + ix) : 0.0f);
        }
    }
}

KERNEL __launch_bounds__(256) void im2col_f32(const float* x, float* out, Window w, long long row_count) {
    im2col(x, out, w, row_count);
}
EXPORT_KERNEL(im2col_f32)

KERNEL __launch_bounds__(256) void im2col_bf16(const __nv_bfloat16* x, __nv_bfloat16* out, Window w, long long row_count) {
    im2col(x, out, w, row_count);
}
EXPORT_KERNEL(im2col_bf16)
