// normalize_image: y = (x / 255 - mean) / std, from bytes [B, H, W, 3] to fp32 or bf16 [B, 3, H, W].
//
// Both divisions are exact to the last bit of fp32, so that fp32 results equal those of the host's table of 256 values.
// Threads: 256 per block; a thread owns 4 neighbouring pixels (12 bytes in, three stores of 16 bytes of fp32 out), or 1 where
// the size of an image is no multiple of 4. No shared memory.
// Expected limit: memory bandwidth, bytes = pixels * 3 * (1 + size of y). Not yet measured on a card.

#include "types.cuh"

constexpr int BLOCK = 256;
constexpr int CHANNELS = 3;
constexpr int GROUP = 4;

/** Statistics of one channel. */
struct Channel {
    float mean, std;
    __device__ __forceinline__ float normalize(unsigned byte) const { return ((float)byte / 255.0f - mean) / std; }
};

template <class T>
__device__ __forceinline__ void normalize_image(
    const unsigned char* __restrict__ x, unsigned units, unsigned plane, int pixels, const Channel (&channel)[CHANNELS],
    T* __restrict__ y) {
    unsigned unit = blockIdx.x * BLOCK + threadIdx.x;
    if (unit >= units) return;
    unsigned per_image = plane / pixels;
    unsigned image = unit / per_image;
    unsigned pixel = (unit - image * per_image) * pixels;
    const unsigned char* from = x + ((long long)image * plane + pixel) * CHANNELS;
    T* to = y + (long long)image * CHANNELS * plane + pixel;
    if (pixels == GROUP) {
        unsigned word[CHANNELS];  // r g b r, g b r g, b r g b
#pragma unroll
        for (int i = 0; i < CHANNELS; ++i) word[i] = reinterpret_cast<const unsigned*>(from)[i];
#pragma unroll
        for (int c = 0; c < CHANNELS; ++c) {
            float v[GROUP];
#pragma unroll
            for (int i = 0; i < GROUP; ++i) {
                int at = i * CHANNELS + c;
                v[i] = channel[c].normalize(word[at / 4] >> 8 * (at % 4) & 0xffu);
            }
            store4(to + (long long)c * plane, v);
        }
    } else {
#pragma unroll
        for (int c = 0; c < CHANNELS; ++c) store(to + (long long)c * plane, channel[c].normalize(from[c]));
    }
}

KERNEL __launch_bounds__(BLOCK) void normalize_image_f32(
    const unsigned char* __restrict__ x, int units, int plane, int pixels, float mean0, float std0, float mean1, float std1,
    float mean2, float std2, float* __restrict__ y) {
    Channel channel[CHANNELS] = {{mean0, std0}, {mean1, std1}, {mean2, std2}};
    normalize_image(x, units, plane, pixels, channel, y);
}
EXPORT_KERNEL(normalize_image_f32)

KERNEL __launch_bounds__(BLOCK) void normalize_image_bf16(
    const unsigned char* __restrict__ x, int units, int plane, int pixels, float mean0, float std0, float mean1, float std1,
    float mean2, float std2, __nv_bfloat16* __restrict__ y) {
    Channel channel[CHANNELS] = {{mean0, std0}, {mean1, std1}, {mean2, std2}};
    normalize_image(x, units, plane, pixels, channel, y);
}
EXPORT_KERNEL(normalize_image_bf16)
