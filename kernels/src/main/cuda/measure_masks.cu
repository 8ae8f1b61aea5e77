// Counts of a mask's pixels above three thresholds, and the box of those above the middle one, at the size of the
// picture; the pixels as mask_pixels.cuh makes them.
//
//   measure_masks_parts      the seven numbers of 64 rows of the picture of one mask
//   measure_masks_result     those of all rows
//
// parts: a block of 256 threads owns 64 rows; a thread goes down every 256th column. result: a warp owns a mask and adds
// up its parts. Sums and bounds of integers: the order cannot matter. Shared memory: 3 KB for the rows' needs.
// Expected limit: instruction issue, some 12 per pixel of a picture larger than its frame, 30 of a smaller one; 192
// masks of 1,024 x 1,024 are 2.4 G of them. Not yet measured on a card.
#include "mask_pixels.cuh"
#include "reduce.cuh"

using namespace mask_pixels;

namespace measure_masks_parts_of { // named: nvcc puts a hash of its process into the names of an anonymous one

struct Measures {
    int above, below, set;
    int minX, minY, maxX, maxY;

    __device__ __forceinline__ Measures()
        : above(0), below(0), set(0), minX(INT_MAX), minY(INT_MAX), maxX(-1), maxY(-1) {}
};

constexpr int COUNT = 7;

} // namespace measure_masks_parts_of
using namespace measure_masks_parts_of;

KERNEL void __launch_bounds__(BLOCK) measure_masks_parts(const float* __restrict__ logits, const Sizes sizes,
                                                         float upper, float threshold, float lower, int parts,
                                                         int* __restrict__ out) {
    __shared__ Row rows[MOST_ROWS];
    const int mask = blockIdx.x / parts;
    const int first = (blockIdx.x - mask * parts) * MOST_ROWS;
    const int count = sizes.rows - first < MOST_ROWS ? (int)sizes.rows - first : MOST_ROWS;
    stage_rows(rows, first, count, sizes);

    Measures m;
    for (int x = threadIdx.x; x < sizes.columns; x += BLOCK) {
        Column column(logits + mask * sizes.logitRows * sizes.logitColumns, x, sizes);
        const int before = m.set;
        for (int i = 0; i < count; i++) {
            const float value = column.at(rows[i]);
            m.above += value > upper;
            m.below += value > lower;
            if (value > threshold) {
                m.set++;
                m.minY = first + i < m.minY ? first + i : m.minY;
                m.maxY = first + i > m.maxY ? first + i : m.maxY;
            }
        }
        if (m.set > before) {
            m.minX = x < m.minX ? x : m.minX;
            m.maxX = x;
        }
    }
    const int values[COUNT] = {block_sum(m.above), block_sum(m.below), block_sum(m.set), block_min(m.minX, INT_MAX),
                               block_min(m.minY, INT_MAX), block_max(m.maxX, -1), block_max(m.maxY, -1)};
    if (threadIdx.x == 0) {
        for (int i = 0; i < COUNT; i++) out[(long long)blockIdx.x * COUNT + i] = values[i];
    }
}
EXPORT_KERNEL(measure_masks_parts)

KERNEL void __launch_bounds__(BLOCK) measure_masks_result(const int* __restrict__ parts, int masks, int count,
                                                          int* __restrict__ out) {
    const int mask = blockIdx.x * (BLOCK / 32) + threadIdx.x / 32;
    if (mask >= masks) return;
    const int lane = threadIdx.x % 32;
    Measures m;
    for (int part = lane; part < count; part += 32) {
        const int* values = parts + ((long long)mask * count + part) * COUNT;
        m.above += values[0];
        m.below += values[1];
        m.set += values[2];
        m.minX = values[3] < m.minX ? values[3] : m.minX;
        m.minY = values[4] < m.minY ? values[4] : m.minY;
        m.maxX = values[5] > m.maxX ? values[5] : m.maxX;
        m.maxY = values[6] > m.maxY ? values[6] : m.maxY;
    }
    const int above = warp_sum(m.above), below = warp_sum(m.below), set = warp_sum(m.set);
    const int minX = warp_min(m.minX), minY = warp_min(m.minY), maxX = warp_max(m.maxX), maxY = warp_max(m.maxY);
    const int values[COUNT] = {above, below, set, set > 0 ? minX : 0, set > 0 ? minY : 0, set > 0 ? maxX : 0,
                               set > 0 ? maxY : 0};
    if (lane == 0) {
        for (int i = 0; i < COUNT; i++) out[(long long)mask * COUNT + i] = values[i];
    }
}
EXPORT_KERNEL(measure_masks_result)
