// Masks at the size of their picture, a bit per pixel, row by row; the pixels as mask_pixels.cuh makes them.
//
// A block owns 512 words of 64 bits of one chosen mask, and computes the rows of the picture that they lie in, a warp 32
// columns at a time. A warp's vote is 32 bits of a row; rows do not start at words, so lane 0 puts them into shared
// memory, shifted, with atomic ors, which know no order. Then all threads store the words.
// Shared memory: 4 KB of bits, 3 KB for the rows' needs. Expected limit: instruction issue, some 15 per pixel. Not yet
// measured on a card.
#include "mask_pixels.cuh"

using namespace mask_pixels;

namespace mask_bits_parts { // named: nvcc puts a hash of its process into the names of an anonymous one

constexpr int WORDS = 512;
constexpr int HALVES = 2 * WORDS; // words of 32 bits

// Sets 32 bits from bit `at` on; those outside are another block's.
__device__ __forceinline__ void put(unsigned* bits, long long at, unsigned vote) {
    const long long half = at >> 5;
    const int shift = (int)(at & 31);
    if (half >= 0 && half < HALVES) atomicOr(bits + half, vote << shift);
    if (shift > 0 && half + 1 >= 0 && half + 1 < HALVES) atomicOr(bits + half + 1, vote >> (32 - shift));
}

// The bits of the picture's rows from `top` to `bottom`; `firstPixel` is the first bit's.
__device__ __forceinline__ void put_rows(unsigned* bits, Row* rows, const float* mask, const Sizes& sizes, int top,
                                         int bottom, long long firstPixel, float threshold) {
    const int lane = threadIdx.x % 32;
    const int width = (int)sizes.columns;
    for (int first = top; first <= bottom; first += MOST_ROWS) {
        const int count = bottom + 1 - first < MOST_ROWS ? bottom + 1 - first : MOST_ROWS;
        stage_rows(rows, first, count, sizes);
        for (int x = threadIdx.x - lane; x < width; x += BLOCK) {
            const bool inside = x + lane < width;
            Column column(mask, inside ? x + lane : width - 1, sizes);
            for (int i = 0; i < count; i++) {
                const float value = column.at(rows[i]);
                const unsigned vote = __ballot_sync(0xffffffffu, inside && value > threshold);
                if (lane == 0 && vote != 0) put(bits, (long long)(first + i) * width + x - firstPixel, vote);
            }
        }
    }
}

} // namespace mask_bits_parts
using namespace mask_bits_parts;

// `words` of a mask, `blocks` of a mask.
KERNEL void __launch_bounds__(BLOCK, 3) mask_bits(const float* __restrict__ logits, int masks,
                                                  const int* __restrict__ chosen, const Sizes sizes, float threshold,
                                                  int words, int blocks, unsigned long long* __restrict__ out) {
    __shared__ Row rows[MOST_ROWS];
    __shared__ unsigned bits[HALVES];
    const int row = blockIdx.x / blocks;
    const int firstWord = (blockIdx.x - row * blocks) * WORDS;
    const int count = words - firstWord < WORDS ? words - firstWord : WORDS;
    for (int i = threadIdx.x; i < HALVES; i += BLOCK) bits[i] = 0;
    const int mask = chosen[row];
    if (mask >= 0 && mask < masks) {
        const long long firstPixel = 64LL * firstWord;
        const long long end = firstPixel + 64LL * count, pixels = sizes.rows * sizes.columns;
        put_rows(bits, rows, logits + mask * sizes.logitRows * sizes.logitColumns, sizes,
                 (int)(firstPixel / sizes.columns), (int)(((end < pixels ? end : pixels) - 1) / sizes.columns),
                 firstPixel, threshold);
    }
    __syncthreads();
    for (int i = threadIdx.x; i < count; i += BLOCK) {
        out[(long long)row * words + firstWord + i] = bits[2 * i] | (unsigned long long)bits[2 * i + 1] << 32;
    }
}
EXPORT_KERNEL(mask_bits)
