// Pixel matching, launch 2 of 2: costs of all candidates from the raw products and squares of launch 1, the cheapest
// one of every pixel, and the sum of a sample's pixel costs.
//
//   cost(p, d) = lambda_ssd (U + V - 2 A) / (2 N) + lambda_ncc (1 - A / sqrt(U V))
//
// A, U, V are sums over the N places o of the window with p + o and p + d + o inside; the norm's factors are applied to
// them, so that the features need not be read again.
//
// A block owns 64 pixels of one sample, a thread one pixel: it goes through its candidates in the order of
// displacements, so that of equally cheap and near ones the first stays, and neighbours read neighbouring products.
// Any candidate that is not a number makes winner -1 and cost NaN. The block that finishes last adds its sample's
// partial sums in their order. 48 registers (74 with a window). Reads what launch 1 wrote (from L2 at batch 256 along
// rows of 16: 9.4 MB) and writes 16 bytes per pixel, 2.1 MB; about 40 instructions per candidate. Not yet measured on
// a card.
#include "pixel_matching.cuh"

constexpr int SEARCH_THREADS = 64;

// The products and squares of one sample, and the factors of its images.
struct SearchSample {
    const PixelGrid& grid;
    const float* products;
    const float* squares_f;
    const float* squares_g;
    float scale_f;  // 1 unless the norm is by image
    float scale_g;

    __device__ __forceinline__ float factor(float square) const {
        return grid.norm == NORM_PIXEL ? pixel_reciprocal(sqrtf(square)) : 1.0f;
    }
};

struct WindowSums {
    float a;
    float u;
    float v;
    int places;
};

template <bool WINDOW>
__device__ __forceinline__ WindowSums window_sums(const SearchSample& sample, int y, int x, int dy, int dx) {
    const PixelGrid& grid = sample.grid;
    const float* products = sample.products + grid.products(dy, dx);
    const int radius = WINDOW ? grid.radius() : 0;
    const int top = max(max(0, -dy), y - radius);
    const int bottom = min(min(grid.height, grid.height - dy), y + radius + 1);
    const int left = max(max(0, -dx), x - radius);
    const int right = min(min(grid.width, grid.width - dx), x + radius + 1);
    float a = 0.0f;
    float u = 0.0f;
    float v = 0.0f;
    for (int row = WINDOW ? top : y; row < (WINDOW ? bottom : y + 1); row++) {
        for (int column = WINDOW ? left : x; column < (WINDOW ? right : x + 1); column++) {
            int r = row * grid.width + column;
            float square_f = sample.squares_f[r];
            float square_g = sample.squares_g[r + dy * grid.width + dx];
            float factor_f = sample.factor(square_f);
            float factor_g = sample.factor(square_g);
            a += products[r] * (factor_f * factor_g);
            u += square_f * (factor_f * factor_f);
            v += square_g * (factor_g * factor_g);
        }
    }
    return WindowSums{
        a * (sample.scale_f * sample.scale_g), u * (sample.scale_f * sample.scale_f),
        v * (sample.scale_g * sample.scale_g), WINDOW ? (bottom - top) * (right - left) : 1};
}

__device__ __forceinline__ float pixel_cost(const PixelGrid& grid, const WindowSums& sums) {
    // Comparisons, not fmaxf and fminf: a NaN must stay one.
    float ssd = (sums.u + sums.v - 2.0f * sums.a) / static_cast<float>(2 * sums.places);
    ssd = ssd < 0.0f ? 0.0f : ssd;
    float m = sqrtf(sums.u) * sqrtf(sums.v);
    float ncc = m <= PIXEL_EPS ? 0.0f : sums.a / m;
    ncc = ncc < -1.0f ? -1.0f : (ncc > 1.0f ? 1.0f : ncc);
    return grid.lambda_ssd * ssd + grid.lambda_ncc * (1.0f - ncc);
}

struct Winner {
    int index;
    float cost;
    WindowSums sums;
};

__device__ __forceinline__ long long distance(const PixelGrid& grid, int k) {
    long long dy = grid.dy(k);
    long long dx = grid.dx(k);
    return dy * dy + dx * dx;
}

template <bool WINDOW>
__device__ __forceinline__ Winner find_winner(const SearchSample& sample, int p) {
    const PixelGrid& grid = sample.grid;
    const int y = p / grid.width;
    const int x = p % grid.width;
    const int last_y = min(grid.range_y, grid.height - 1 - y);
    const int last_x = min(grid.range_x, grid.width - 1 - x);
    Winner best = {-1, 0.0f, {0.0f, 0.0f, 0.0f, 1}};
    for (int dy = -min(grid.range_y, y); dy <= last_y; dy++) {
        for (int dx = -min(grid.range_x, x); dx <= last_x; dx++) {
            WindowSums sums = window_sums<WINDOW>(sample, y, x, dy, dx);
            float cost = pixel_cost(grid, sums);
            int k = (dy + grid.range_y) * (2 * grid.range_x + 1) + dx + grid.range_x;
            if (isnan(cost)) {
                return Winner{-1, cost, sums};
            }
            bool ties = best.index >= 0 && cost == best.cost;
            if (best.index < 0 || cost < best.cost || (ties && distance(grid, k) < distance(grid, best.index))) {
                best = Winner{k, cost, sums};
            }
        }
    }
    return best;
}

__device__ __forceinline__ void find_image_scales(SearchSample& sample) {
    float total_f = 0.0f;
    float total_g = 0.0f;
    for (int i = threadIdx.x; i < sample.grid.pixels(); i += SEARCH_THREADS) {
        total_f += sample.squares_f[i];
        total_g += sample.squares_g[i];
    }
    total_f = block_sum(total_f);
    total_g = block_sum(total_g);
    float pixels = static_cast<float>(sample.grid.pixels());
    sample.scale_f = pixel_reciprocal(sqrtf(total_f / pixels));
    sample.scale_g = pixel_reciprocal(sqrtf(total_g / pixels));
}

// Adds the costs of a sample: each block its pixels, the last block the blocks' sums, always in the same order.
__device__ __forceinline__ void add_costs(double cost, int chunks, double* partial, int* counter, float* total) {
    cost = block_sum(cost);
    if (threadIdx.x == 0) {
        volatile double* sums = partial;
        sums[blockIdx.x % chunks] = cost;
        __threadfence();
        if (atomicAdd(counter, 1) == chunks - 1) {
            __threadfence();
            double sum = 0.0;
            for (int i = 0; i < chunks; i++) {
                sum += sums[i];
            }
            *total = static_cast<float>(sum);
        }
    }
}

// grid: samples of the slab times chunks of 64 pixels. weights: null for the mean.
template <bool WINDOW>
__device__ __forceinline__ void pixel_search(
    const PixelGrid& grid, int first_anchor, int slab, const float* products, const float* weights, double* partial,
    int* counters, float* cost, int* winners, float* saved) {
    const int chunks = (grid.pixels() + SEARCH_THREADS - 1) / SEARCH_THREADS;
    const int place = blockIdx.x / chunks;
    const int anchor = first_anchor + place % slab;
    const int number = place / slab * grid.anchors + anchor;
    const SavedSample<float> own(saved, grid, number);
    SearchSample sample = {
        grid, products + place * grid.products_per_sample(), own.squares_f(), own.squares_g(), 1.0f, 1.0f};
    if (grid.norm == NORM_IMAGE) {
        find_image_scales(sample);
    }
    if (blockIdx.x % chunks == 0 && threadIdx.x == 0) {
        own.numbers[0] = sample.scale_f;
        own.numbers[1] = sample.scale_g;
    }
    const int p = blockIdx.x % chunks * SEARCH_THREADS + threadIdx.x;
    double weighted = 0.0;
    if (p < grid.pixels()) {
        Winner winner = find_winner<WINDOW>(sample, p);
        winners[static_cast<long long>(number) * grid.pixels() + p] = winner.index;
        own.a()[p] = winner.sums.a;
        own.u()[p] = winner.sums.u;
        own.v()[p] = winner.sums.v;
        double weight = weights ? weights[static_cast<long long>(anchor) * grid.pixels() + p] : 1.0 / grid.pixels();
        weighted = weight * winner.cost;
    }
    add_costs(weighted, chunks, partial + static_cast<long long>(place) * chunks, counters + place, cost + number);
}

KERNEL __launch_bounds__(64) void pixel_search_single(
    const PixelGrid grid, int first_anchor, int slab, const float* products, const float* weights, double* partial,
    int* counters, float* cost, int* winners, float* saved) {
    pixel_search<false>(grid, first_anchor, slab, products, weights, partial, counters, cost, winners, saved);
}
EXPORT_KERNEL(pixel_search_single)

KERNEL __launch_bounds__(64, 10) void pixel_search_window(
    const PixelGrid grid, int first_anchor, int slab, const float* products, const float* weights, double* partial,
    int* counters, float* cost, int* winners, float* saved) {
    pixel_search<true>(grid, first_anchor, slab, products, weights, partial, counters, cost, winners, saved);
}
EXPORT_KERNEL(pixel_search_window)
