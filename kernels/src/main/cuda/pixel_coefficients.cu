// Backward of pixel matching, launch 1 of 2: numbers per pixel and sample from which launch 2 makes the gradients.
//
//   dcost/dA = -lambda_ssd / N - lambda_ncc / m,  2 dcost/dU = lambda_ssd / N + lambda_ncc A / (U m),  V alike,
//   m = sqrt(U V)
//
// times the gradient of the sample's cost and the pixel's weight, and times the factors that scale raw features; the
// parts with m vanish where m does not count. By image, what grows the whole image is taken out: the mean over the
// pixels of <gradient, scaled features>, which for a pixel is dA A + 2 dU U. By pixel with window 1, what grows the
// pixel is taken out in the same way: of its own part -dA A remains. (By pixel with a window it needs products that
// were not saved; launch 2 has a step before it, see pixel_gradients.cu.) A sample with a pixel without winner gets
// NaN.
//
// A block of 256 per sample, a thread every 256th pixel. [256,16,16,1280] against two: reads 2.1 MB, writes 1.6 MB;
// launch latency. Not yet measured on a card.
#include "pixel_gradients.cuh"

struct Coefficients {
    float a;  // dcost / dA
    float f;  // 2 dcost / dU
    float g;  // 2 dcost / dV
};

// ssd: lambda_ssd / N; ncc: the weight of the correlation in the cost, with its sign turned.
__device__ __forceinline__ Coefficients derivatives(float ssd, float ncc, float a, float u, float v) {
    float m = sqrtf(u) * sqrtf(v);
    float slope = m <= PIXEL_EPS ? 0.0f : ncc / m;
    return Coefficients{
        -ssd - slope, ssd + (slope == 0.0f ? 0.0f : slope * a / u), ssd + (slope == 0.0f ? 0.0f : slope * a / v)};
}

// Number of places of the window round p that both images have.
__device__ __forceinline__ int window_places(const PixelGrid& grid, int p, int dy, int dx) {
    int y = p / grid.width;
    int x = p % grid.width;
    int rows = min(min(grid.height, grid.height - dy), y + grid.radius() + 1) - max(max(0, -dy), y - grid.radius());
    int columns = min(min(grid.width, grid.width - dx), x + grid.radius() + 1) - max(max(0, -dx), x - grid.radius());
    return rows * columns;
}

// weights: null for the mean.
KERNEL __launch_bounds__(256) void pixel_coefficients(
    const PixelGrid grid, const int* winners, const float* saved, const float* weights, const float* grad_cost,
    float* coefficients) {
    const int number = blockIdx.x;
    const int anchor = number % grid.anchors;
    const int pixels = grid.pixels();
    const SavedSample<const float> sample(saved, grid, number);
    const PixelCoefficients<float> target(coefficients, grid, number);
    const int* chosen = winners + static_cast<long long>(number) * pixels;
    const bool by_image = grid.norm == NORM_IMAGE;
    const bool by_own_pixel = grid.norm == NORM_PIXEL && grid.window == 1;
    float scale_f = by_image ? sample.numbers[0] : 1.0f;
    float scale_g = by_image ? sample.numbers[1] : 1.0f;
    double along_f = 0.0;
    double along_g = 0.0;
    int lost = 0;
    for (int p = threadIdx.x; p < pixels; p += 256) {
        int k = chosen[p];
        if (k < 0) {
            lost++;
            continue;
        }
        int dy = grid.dy(k);
        int dx = grid.dx(k);
        float weight = weights ? weights[static_cast<long long>(anchor) * pixels + p] : 1.0f / pixels;
        float upstream = grad_cost[number] * weight;
        float a = sample.a()[p];
        float u = sample.u()[p];
        float v = sample.v()[p];
        float ssd = grid.lambda_ssd / window_places(grid, p, dy, dx);
        Coefficients own = derivatives(ssd, grid.lambda_ncc, a, u, v);
        along_f += static_cast<double>(upstream) * (own.a * a + own.f * u);
        along_g += static_cast<double>(upstream) * (own.a * a + own.g * v);
        if (by_own_pixel) {
            scale_f = pixel_reciprocal(sqrtf(sample.squares_f()[p]));
            scale_g = pixel_reciprocal(sqrtf(sample.squares_g()[p + dy * grid.width + dx]));
            own.f = -own.a * a;
            own.g = -own.a * a;
        } else if (grid.norm == NORM_PIXEL) {
            own.f = 0.0f;
            own.g = 0.0f;
        }
        target.product()[p] = upstream * own.a * (scale_f * scale_g);
        target.own_f()[p] = upstream * own.f * (scale_f * scale_f);
        target.own_g()[p] = upstream * own.g * (scale_g * scale_g);
    }
    along_f = block_sum(along_f);
    along_g = block_sum(along_g);
    lost = block_sum(lost);
    if (threadIdx.x == 0) {
        double mean_f = by_image ? along_f / pixels * scale_f * scale_f : 0.0;
        double mean_g = by_image ? along_g / pixels * scale_g * scale_g : 0.0;
        target.mean()[0] = lost ? NAN : static_cast<float>(mean_f);
        target.mean()[1] = lost ? NAN : static_cast<float>(mean_g);
    }
}
EXPORT_KERNEL(pixel_coefficients)

// The literal modes: cost = lambda_ssd (U + V - 2 A) + s lambda_ncc A / m over whole images.
KERNEL __launch_bounds__(256) void pixel_coefficients_literal(
    const PixelGrid grid, const float* saved, const float* grad_cost, float* coefficients) {
    const int number = blockIdx.x;
    const SavedSample<const float> sample(saved, grid, number);
    const PixelCoefficients<float> target(coefficients, grid, number);
    Coefficients all = derivatives(
        2.0f * grid.lambda_ssd, -grid.literal * grid.lambda_ncc, sample.a()[0], sample.u()[0], sample.v()[0]);
    float upstream = grad_cost[number];
    for (int p = threadIdx.x; p < grid.pixels(); p += 256) {
        target.product()[p] = upstream * all.a;
        target.own_f()[p] = upstream * all.f;
        target.own_g()[p] = upstream * all.g;
    }
    if (threadIdx.x < 2) {
        target.mean()[threadIdx.x] = 0.0f;
    }
}
EXPORT_KERNEL(pixel_coefficients_literal)
