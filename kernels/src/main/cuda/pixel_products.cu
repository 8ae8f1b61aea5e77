// Pixel matching, launch 1 of 2: raw products <f(p), g(q)> of every pixel p of an anchor with the pixels q of its grids
// within reach, and |f(p)|^2, |g(q)|^2. The only launch of the forward pass that touches the features.
//
// A block owns a tile of f (16 pixels of one image row in a search along rows; 64 pixels in a 2-D search) against a
// tile of columns: the pixels of g within reach of the tile, of one group after the other. 256 threads bring 128
// (rows) or 32 (2-D) channels of both tiles to shared memory, 16 bytes each, the next ones being on their way in
// registers meanwhile. A warp owns 16 x 32 products, a lane 4 x 4 of them: one wavefront of shared memory feeds 256
// multiply-adds. Along rows the eight warps share the channels out and their sums are added in the order of the
// warps; in 2-D they share the tile out. Who loads a pixel also sums its squares. Every product is summed in the same
// order wherever its pixels lie, so that equal pixels tie exactly, and the order does not depend on the batch.
//
// Shared memory 25.3 KB (rows), 18.4 KB (2-D); 2 blocks of 256 threads per multiprocessor. Floors for
// [256,16,16,1280] with a positive and a negative grid each, along whole rows, F32: features 1,007 MB read once (the
// spec's minimum), 0.24 ms at 4.2 TB/s; products 2.68 G multiply-adds = 5.4 GFLOP and 0.5 GFLOP of squares, 0.10 ms
// at 60 TFLOP/s: bound by memory. Beside the minimum it writes 8.4 MB of products and 1.0 MB of squares (0.9 %),
// which launch 2 finds in the L2 cache. Rows wider than 16 read g from L2 again per tile of f. Whole-image search:
// 42.9 G multiply-adds = 86 GFLOP, 1.4 ms: bound by compute; f comes from L2 eight times, g four times, and 134 MB of
// products are made in slabs of at most 64 MB. Not yet measured on a card.
#include "pixel_matching.cuh"

// Pixels of f that a block owns and the pixels of g that these may be compared with.
struct PixelTile {
    int first;
    int count;
    int band;        // first pixel of g
    int band_width;  // pixels of g
};

// Tile of up to 16 pixels of one row; its band lies in that row.
struct RowTiles {
    static __device__ __forceinline__ int per_image(const PixelGrid& grid) {
        return grid.height * ((grid.width + 15) / 16);
    }

    static __device__ __forceinline__ PixelTile tile(const PixelGrid& grid, int index) {
        int per_row = (grid.width + 15) / 16;
        int row = index / per_row * grid.width;
        int from = index % per_row * 16;
        int count = min(16, grid.width - from);
        int low = max(0, from - grid.range_x);
        int high = min(grid.width, from + count + grid.range_x);
        return PixelTile{row + from, count, row + low, high - low};
    }
};

// Tile of up to 64 pixels in reading order; its band is whole rows.
struct ImageTiles {
    static __device__ __forceinline__ int per_image(const PixelGrid& grid) {
        return (grid.pixels() + 63) / 64;
    }

    static __device__ __forceinline__ PixelTile tile(const PixelGrid& grid, int index) {
        int first = index * 64;
        int count = min(64, grid.pixels() - first);
        int low = max(0, first / grid.width - grid.range_y);
        int high = min(grid.height, (first + count - 1) / grid.width + 1 + grid.range_y);
        return PixelTile{first, count, low * grid.width, (high - low) * grid.width};
    }
};

// A block's work; Tiles, warps along f and along the columns, channels per step.
template <typename T, typename Tiles, int WARPS_F, int WARPS_G, int CHANNELS>
struct ProductBlock {
    static constexpr int THREADS = 256;
    static constexpr int WARPS_C = THREADS / 32 / (WARPS_F * WARPS_G);
    static constexpr int TILE_F = 16 * WARPS_F;
    static constexpr int TILE_G = 32 * WARPS_G;
    static constexpr int STRIDE = CHANNELS + 4;  // a lane's pixels then lie in different banks
    static constexpr int LANES = CHANNELS / 4;   // threads that load one pixel
    static constexpr int TOGETHER = THREADS / LANES;
    static constexpr int PASSES = (TILE_F + TILE_G) / TOGETHER;
    static constexpr int FLOATS = (TILE_F + TILE_G) * STRIDE;
    static_assert(WARPS_C == 1 || TILE_F == 16, "columns of 16 are turned against bank conflicts");
    static_assert(WARPS_C == 1 || WARPS_C * TILE_F * TILE_G <= FLOATS, "partial sums must fit where the tiles were");

    const PixelGrid& grid;
    const PixelTile tile;
    const int anchor;
    const int first_column;

    // Pixel of g of a column, and its sample; false beyond the last column.
    __device__ __forceinline__ bool column(int index, int& group, int& pixel) const {
        int column = first_column + index;
        group = column / tile.band_width;
        pixel = tile.band + column % tile.band_width;
        return group < grid.groups;
    }

    __device__ __forceinline__ const T* source(const Rows& f, const Rows& g, int slot) const {
        if (slot < TILE_F) {
            return slot < tile.count ? pixel_row<const T>(f, anchor, grid, tile.first + slot) : nullptr;
        }
        int group;
        int pixel;
        bool exists = column(slot - TILE_F, group, pixel);
        return exists ? pixel_row<const T>(g, group * grid.anchors + anchor, grid, pixel) : nullptr;
    }

    // Written once: f's squares by the first tile of columns, g's by the tile of f that has the same pixels.
    __device__ __forceinline__ void keep_square(float* saved, int slot, float square) const {
        if (slot < TILE_F) {
            if (first_column == 0 && slot < tile.count) {
                for (int group = 0; group < grid.groups; group++) {
                    SavedSample<float> sample(saved, grid, group * grid.anchors + anchor);
                    sample.squares_f()[tile.first + slot] = square;
                }
            }
            return;
        }
        int group;
        int pixel;
        if (column(slot - TILE_F, group, pixel) && pixel >= tile.first && pixel < tile.first + tile.count) {
            SavedSample<float>(saved, grid, group * grid.anchors + anchor).squares_g()[pixel] = square;
        }
    }

    // place and slab: the anchor's number within the slab and the number of anchors in it.
    __device__ __forceinline__ void keep_product(
        float* products, int place, int slab, int slot, int index, float product) const {
        int group;
        int q;
        if (slot >= tile.count || !column(index, group, q)) {
            return;
        }
        int p = tile.first + slot;
        int dy = q / grid.width - p / grid.width;
        int dx = q % grid.width - p % grid.width;
        if (abs(dy) <= grid.range_y && abs(dx) <= grid.range_x) {
            float* sample = products + (static_cast<long long>(group) * slab + place) * grid.products_per_sample();
            sample[grid.products(dy, dx) + p] = product;
        }
    }

    // Adds the products of 4 x 4 pixels over the warp's channels of the tiles.
    static __device__ __forceinline__ void multiply(const float* tile_f, const float* tile_g, float (&sums)[4][4]) {
#pragma unroll 1
        for (int c = 0; c < CHANNELS / WARPS_C; c += 4) {
            float4 x[4];
            float4 y[4];
#pragma unroll
            for (int i = 0; i < 4; i++) {
                x[i] = *reinterpret_cast<const float4*>(tile_f + 4 * i * STRIDE + c);
                y[i] = *reinterpret_cast<const float4*>(tile_g + 8 * i * STRIDE + c);
            }
#pragma unroll
            for (int i = 0; i < 4; i++) {
#pragma unroll
                for (int j = 0; j < 4; j++) {
                    sums[i][j] = dot4(x[i], y[j], sums[i][j]);
                }
            }
        }
    }

    // Where partial sums lie in their column of shared memory: four at a time, turned on every second column, so that
    // the eight columns that a warp writes at once lie in different banks.
    static __device__ __forceinline__ int turned(int slot, int column, int direction) {
        return (slot + direction * (column / 2 * 4)) & (TILE_F - 1);
    }

    // Calls keep(slot of f, column, product) once for every product of the tile; shared memory is overwritten.
    template <typename Keep>
    static __device__ __forceinline__ void collect(
        const float (&sums)[4][4], int slot_f, int slot_g, int warp_c, float* shared, Keep&& keep) {
#pragma unroll
        for (int i = 0; i < 4; i++) {
#pragma unroll
            for (int j = 0; j < 4; j++) {
                if constexpr (WARPS_C == 1) {
                    keep(slot_f + 4 * i, slot_g + 8 * j, sums[i][j]);
                } else {
                    int index = slot_g + 8 * j;
                    shared[(warp_c * TILE_G + index) * TILE_F + turned(slot_f + 4 * i, index, 1)] = sums[i][j];
                }
            }
        }
        if constexpr (WARPS_C > 1) {
            __syncthreads();
            for (int i = threadIdx.x; i < TILE_F * TILE_G; i += THREADS) {
                float sum = 0.0f;
#pragma unroll
                for (int part = 0; part < WARPS_C; part++) {
                    sum += shared[part * TILE_F * TILE_G + i];
                }
                keep(turned(i % TILE_F, i / TILE_F, -1), i / TILE_F, sum);
            }
        }
    }

    __device__ __forceinline__ void run(
        const Rows& f, const Rows& g, int vectors, int place, int slab, float* products, float* saved) const {
        __shared__ __align__(16) float shared[FLOATS];
        const int own_slot = threadIdx.x / LANES;  // and every TOGETHER-th from there
        const int own_channel = threadIdx.x % LANES * 4;
        const T* sources[PASSES];
        float4 coming[PASSES];
        float squares[PASSES];
#pragma unroll
        for (int i = 0; i < PASSES; i++) {
            sources[i] = source(f, g, own_slot + i * TOGETHER);
            coming[i] = load_channels(sources[i], sources[i] ? own_channel : grid.channels, grid.channels, vectors);
            squares[i] = 0.0f;
        }
        const int lane = threadIdx.x % 32;
        const int warp = threadIdx.x / 32;
        const int warp_c = warp / (WARPS_F * WARPS_G);
        const int slot_f = warp % WARPS_F * 16 + lane % 4;            // and every fourth from there
        const int slot_g = warp / WARPS_F % WARPS_G * 32 + lane / 4;  // and every eighth
        const float* tile_f = shared + slot_f * STRIDE + warp_c * (CHANNELS / WARPS_C);
        const float* tile_g = shared + (TILE_F + slot_g) * STRIDE + warp_c * (CHANNELS / WARPS_C);
        float sums[4][4] = {};
        for (int start = 0; start < grid.channels; start += CHANNELS) {
#pragma unroll
            for (int i = 0; i < PASSES; i++) {
                *reinterpret_cast<float4*>(shared + (own_slot + i * TOGETHER) * STRIDE + own_channel) = coming[i];
                squares[i] = dot4(coming[i], coming[i], squares[i]);
            }
            __syncthreads();
            const int next = start + CHANNELS + own_channel;
#pragma unroll
            for (int i = 0; i < PASSES; i++) {
                coming[i] = load_channels(sources[i], sources[i] ? next : grid.channels, grid.channels, vectors);
            }
            multiply(tile_f, tile_g, sums);
            __syncthreads();
        }
#pragma unroll
        for (int i = 0; i < PASSES; i++) {
            if (LANES == 32 && !sources[i]) {
                continue;  // no pixel for the whole warp
            }
            for (int step = LANES / 2; step > 0; step /= 2) {
                squares[i] += __shfl_xor_sync(0xffffffffu, squares[i], step);
            }
            if (own_channel == 0) {
                keep_square(saved, own_slot + i * TOGETHER, squares[i]);
            }
        }
        collect(sums, slot_f, slot_g, warp_c, shared, [&](int slot, int index, float product) {
            keep_product(products, place, slab, slot, index, product);
        });
    }
};

// grid: x = anchors of the slab times tiles of f, y = tiles of columns. The counters of launch 2 start at zero here.
template <typename T, typename Tiles, int WARPS_F, int WARPS_G, int CHANNELS>
__device__ __forceinline__ void pixel_products(
    const Rows& f, const Rows& g, const PixelGrid& grid, int first_anchor, int slab, int vectors, float* products,
    float* saved, int* counters) {
    using Block = ProductBlock<T, Tiles, WARPS_F, WARPS_G, CHANNELS>;
    int tiles = Tiles::per_image(grid);
    int place = blockIdx.x / tiles;
    int index = blockIdx.x % tiles;
    PixelTile tile = Tiles::tile(grid, index);
    if (index == 0 && blockIdx.y == 0) {
        for (int group = threadIdx.x; group < grid.groups; group += blockDim.x) {
            counters[group * slab + place] = 0;
        }
    }
    int first_column = blockIdx.y * Block::TILE_G;
    if (first_column < static_cast<long long>(tile.band_width) * grid.groups) {
        Block{grid, tile, first_anchor + place, first_column}.run(f, g, vectors, place, slab, products, saved);
    }
}

KERNEL __launch_bounds__(256, 2) void pixel_products_rows_f32(
    const Rows f, const Rows g, const PixelGrid grid, int first_anchor, int slab, int vectors, float* products,
    float* saved, int* counters) {
    pixel_products<float, RowTiles, 1, 1, 128>(f, g, grid, first_anchor, slab, vectors, products, saved, counters);
}
EXPORT_KERNEL(pixel_products_rows_f32)

KERNEL __launch_bounds__(256, 2) void pixel_products_rows_bf16(
    const Rows f, const Rows g, const PixelGrid grid, int first_anchor, int slab, int vectors, float* products,
    float* saved, int* counters) {
    pixel_products<__nv_bfloat16, RowTiles, 1, 1, 128>(
        f, g, grid, first_anchor, slab, vectors, products, saved, counters);
}
EXPORT_KERNEL(pixel_products_rows_bf16)

KERNEL __launch_bounds__(256, 2) void pixel_products_image_f32(
    const Rows f, const Rows g, const PixelGrid grid, int first_anchor, int slab, int vectors, float* products,
    float* saved, int* counters) {
    pixel_products<float, ImageTiles, 4, 2, 32>(f, g, grid, first_anchor, slab, vectors, products, saved, counters);
}
EXPORT_KERNEL(pixel_products_image_f32)

KERNEL __launch_bounds__(256, 2) void pixel_products_image_bf16(
    const Rows f, const Rows g, const PixelGrid grid, int first_anchor, int slab, int vectors, float* products,
    float* saved, int* counters) {
    pixel_products<__nv_bfloat16, ImageTiles, 4, 2, 32>(
        f, g, grid, first_anchor, slab, vectors, products, saved, counters);
}
EXPORT_KERNEL(pixel_products_image_bf16)
