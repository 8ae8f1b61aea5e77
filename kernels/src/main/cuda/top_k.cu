// top_k: merges the elements of each row into its list of the K largest so far, best first; of equal ones the one that came
// first stays ahead. Elements whose column is of the row's group, and NaN, are left out.
//
// Threads: a block of 256 owns 32 rows and goes along their columns by tiles of 32 x 32, which neighbouring threads fetch
// along whichever axis is dense, so that a transposed view costs no more. A warp looks through four rows of a tile: 32 columns
// at once are compared with the last of a list, and only the few that pass are inserted, one by one by the first lane.
// Shared memory: 4.2 KB for the tile, 256 K bytes for the lists. Expected limit: 2,048 x 2,048 similarities lie in L2 (16 MB,
// 4 us) but 64 blocks of 64 tiles are bound by the latency of a tile, about 10 us; the product before it takes more. Not yet
// measured on a card.
#include "compat.h"

constexpr int BLOCK = 256;
constexpr int TILE = 32;
constexpr int WARPS = BLOCK / TILE;
constexpr unsigned WHOLE_WARP = 0xffffffffu;

/** Puts an element in its place in a full list, whose last one drops out. */
__device__ __forceinline__ void insert(float* values, int* indices, int k, float value, int index) {
    int at = k - 1;
    while (at > 0 && values[at - 1] < value) {
        values[at] = values[at - 1];
        indices[at] = indices[at - 1];
        at--;
    }
    values[at] = value;
    indices[at] = index;
}

KERNEL __launch_bounds__(BLOCK) void top_k_f32(
    const float* __restrict__ x, long long row_stride, long long column_stride, int rows, int columns,
    const int* __restrict__ row_groups, const int* __restrict__ column_groups, int first_column, int k,
    float* __restrict__ values, int* __restrict__ indices) {
    __shared__ float tile[TILE][TILE + 1];
    DYN_SHARED(float, lists); // [TILE, k], then as many indices
    int* numbers = reinterpret_cast<int*>(lists + TILE * k);
    int lane = threadIdx.x % TILE;
    int warp = threadIdx.x / TILE;
    int first = blockIdx.x * TILE;
    int count = min(rows - first, TILE);
    for (int i = threadIdx.x; i < count * k; i += BLOCK) {
        lists[i] = values[static_cast<long long>(first) * k + i];
        numbers[i] = indices[static_cast<long long>(first) * k + i];
    }
    bool along_columns = column_stride == 1;
    for (int from = 0; from < columns; from += TILE) {
        __syncthreads();
        for (int step = warp; step < TILE; step += WARPS) {
            int row = along_columns ? step : lane;
            int column = along_columns ? lane : step;
            if (row < count && from + column < columns) {
                tile[row][column] = x[(first + row) * row_stride + (from + column) * column_stride];
            }
        }
        __syncthreads();
        int column = from + lane;
        int group = column < columns ? column_groups[column] : 0;
        for (int row = warp; row < count; row += WARPS) {
            float* list = lists + row * k;
            bool candidate = column < columns && group != row_groups[first + row];
            float value = candidate ? tile[row][lane] : 0.0f;
            unsigned passing = __ballot_sync(WHOLE_WARP, candidate && value > list[k - 1]);
            if (passing != 0) __syncwarp(); // all have compared before the list changes
            while (passing != 0) {
                int next = __ffs(static_cast<int>(passing)) - 1;
                passing &= passing - 1;
                float best = tile[row][next];
                if (lane == 0 && best > list[k - 1]) {
                    insert(list, numbers + row * k, k, best, first_column + from + next);
                }
            }
        }
    }
    __syncthreads();
    for (int i = threadIdx.x; i < count * k; i += BLOCK) {
        values[static_cast<long long>(first) * k + i] = lists[i];
        indices[static_cast<long long>(first) * k + i] = numbers[i];
    }
}
EXPORT_KERNEL(top_k_f32)
