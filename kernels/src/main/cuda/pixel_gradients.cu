// Backward of pixel matching, launch 2 of 2: adds to the gradients of the anchors and of all their grids.
//
//   grad f(r) += sum over the winners' windows that hold r of product g(r + d), and own f(r)
//   grad g(q) += the same sum the other way round, and own g(q)                      (numbers: pixel_gradients.cuh)
//
// A gather, so that nothing collides and every run gives the same bits: the 32 lanes of a warp look at 32 pixels p at
// a time, find those whose winner's window holds the warp's pixel, and add them in ascending order of p. For f these
// are the pixels of the window round r; for g all within reach. A block owns 16 pixels of an anchor and the 16 pixels
// at their places in each of its grids, for 256 channels; a warp two of these places, one after the other f's pixel
// and the grids' (which may share memory), a lane eight channels. Neighbouring blocks gather from the same rows, so
// that each feature comes from memory once. [256,16,16,1280] against two, F32: reads f, g and both gradients, writes
// these: 3,020 MB = the minimum of an accumulating op, 0.72 ms at 4.2 TB/s; gathers add 1,340 MB of reads from L1 and
// L2; 1.7 GFLOP: bound by memory. Launch 1 adds 3.7 MB. Not yet measured on a card.
//
// Scaled by pixel with a window, what grows a pixel is not known from saved sums: pixel_along runs before and makes
// of every pixel x of f and g the number -<gradient without it, x> / |x|^2. It reads the features as pixel_gradients
// does.
#include "pixel_gradients.cuh"

constexpr int PLACES = 16;    // a block's pixels of f
constexpr int CHANNELS = 256; // a block's channels, 8 per lane

// All that one sample's gather needs.
struct Gather {
    const PixelGrid& grid;
    const int* winners;
    PixelCoefficients<const float> coefficients;
    SavedSample<const float> saved;

    __device__ __forceinline__ Gather(
        const PixelGrid& grid, const int* winners, const float* coefficients, const float* saved, int sample)
        : grid(grid),
          winners(winners + static_cast<long long>(sample) * grid.pixels()),
          coefficients(coefficients, grid, sample),
          saved(saved, grid, sample) {}

    __device__ __forceinline__ float pair_scale(int r, int q) const {
        if (grid.norm != NORM_PIXEL || grid.window == 1) {
            return 1.0f;
        }
        return pixel_reciprocal(sqrtf(saved.squares_f()[r])) * pixel_reciprocal(sqrtf(saved.squares_g()[q]));
    }

    // Calls visit(pixel of the other image, product, own) for everything that pixel `target` of f (OF_F) or of g is
    // part of. All lanes of a warp call it with the same target.
    template <bool OF_F, typename Visit>
    __device__ __forceinline__ void visit(int target, Visit&& visit) const {
        const int y = target / grid.width;
        const int x = target % grid.width;
        const int reach_y = grid.radius() + (OF_F ? 0 : grid.range_y);
        const int reach_x = grid.radius() + (OF_F ? 0 : grid.range_x);
        const int top = max(0, y - reach_y);
        const int left = max(0, x - reach_x);
        const int columns = min(grid.width, x + reach_x + 1) - left;
        const int count = (min(grid.height, y + reach_y + 1) - top) * columns;
        for (int base = 0; base < count; base += 32) {
            const int index = base + static_cast<int>(threadIdx.x % 32);
            int other = -1;
            float product = 0.0f;
            float own = 0.0f;
            if (index < count) {
                const int py = top + index / columns;
                const int px = left + index % columns;
                const int p = py * grid.width + px;
                other = partner<OF_F>(y, x, py, px, winners[p]);
                if (other >= 0) {
                    product = coefficients.product()[p] * pair_scale(OF_F ? target : other, OF_F ? other : target);
                    own = OF_F ? coefficients.own_f()[p] : coefficients.own_g()[p];
                }
            }
            for (unsigned hits = __ballot_sync(0xffffffffu, other >= 0); hits != 0; hits &= hits - 1) {
                const int from = __ffs(static_cast<int>(hits)) - 1;
                visit(
                    __shfl_sync(0xffffffffu, other, from), __shfl_sync(0xffffffffu, product, from),
                    __shfl_sync(0xffffffffu, own, from));
            }
        }
    }

    // The pixel that (y, x) meets in the window of p = (py, px) with winner k; -1 if it is not part of it.
    template <bool OF_F>
    __device__ __forceinline__ int partner(int y, int x, int py, int px, int k) const {
        if (k < 0) {
            return -1;
        }
        const int other_y = OF_F ? y + grid.dy(k) : y - grid.dy(k);
        const int other_x = OF_F ? x + grid.dx(k) : x - grid.dx(k);
        const bool in_window =
            OF_F || (abs(other_y - py) <= grid.radius() && abs(other_x - px) <= grid.radius());
        return in_window && grid.inside(other_y, other_x) ? other_y * grid.width + other_x : -1;
    }
};

// Eight channels of a pixel: c to c + 3 and c + 128 to c + 131.
struct Channels {
    float4 low;
    float4 high;

    template <typename T>
    static __device__ __forceinline__ Channels load(const T* pixel, int c, int channels, bool vectors) {
        return Channels{
            load_channels(pixel, c, channels, vectors), load_channels(pixel, c + 128, channels, vectors)};
    }

    __device__ __forceinline__ void add(float factor, const Channels& x) {
        add_scaled4(factor, x.low, low);
        add_scaled4(factor, x.high, high);
    }

    __device__ __forceinline__ float dot(const Channels& x, float sum) const {
        return dot4(high, x.high, dot4(low, x.low, sum));
    }

    __device__ __forceinline__ void add_to(float* pixel, int c, int channels, bool vectors) const {
        add_to_channels(pixel, c, channels, vectors, low);
        add_to_channels(pixel, c + 128, channels, vectors, high);
    }
};

// What both kernels read, and the sums over the gathered pixels of one target for the lane's channels from c on.
template <typename T>
struct GradientInputs {
    const Rows& f;
    const Rows& g;
    const PixelGrid& grid;
    const int* winners;
    const float* saved;
    const float* coefficients;
    bool vectors;

    __device__ __forceinline__ const T* pixel_f(int anchor, int p) const {
        return pixel_row<const T>(f, anchor, grid, p);
    }

    __device__ __forceinline__ const T* pixel_g(int sample, int q) const {
        return pixel_row<const T>(g, sample, grid, q);
    }

    __device__ __forceinline__ Channels gather_f(int anchor, int p, int c, float& own) const {
        Channels sum = {};
        for (int group = 0; group < grid.groups; group++) {
            const int sample = group * grid.anchors + anchor;
            const Gather gather(grid, winners, coefficients, saved, sample);
            own -= gather.coefficients.mean()[0];
            gather.template visit<true>(p, [&](int q, float product, float part) {
                sum.add(product, Channels::load(pixel_g(sample, q), c, grid.channels, vectors));
                own += part;
            });
        }
        return sum;
    }

    __device__ __forceinline__ Channels gather_g(int anchor, int group, int q, int c, float& own) const {
        Channels sum = {};
        const Gather gather(grid, winners, coefficients, saved, group * grid.anchors + anchor);
        own -= gather.coefficients.mean()[1];
        gather.template visit<false>(q, [&](int p, float product, float part) {
            sum.add(product, Channels::load(pixel_f(anchor, p), c, grid.channels, vectors));
            own += part;
        });
        return sum;
    }
};

// along: [anchors + samples, pixels], null unless pixel_along made it.
// grid: x = anchors times 16 places, y = 256 channels.
template <typename T>
__device__ __forceinline__ void pixel_gradients(
    const GradientInputs<T>& in, const float* along, const Rows& grad_f, const Rows& grad_g) {
    const PixelGrid& grid = in.grid;
    const int per_image = (grid.pixels() + PLACES - 1) / PLACES;
    const int anchor = blockIdx.x / per_image;
    const int first = blockIdx.x % per_image * PLACES;
    const int c = blockIdx.y * CHANNELS + threadIdx.x % 32 * 4;
    for (int p = first + threadIdx.x / 32; p < min(first + PLACES, grid.pixels()); p += 8) {
        float own = along ? along[static_cast<long long>(anchor) * grid.pixels() + p] : 0.0f;
        Channels sum = in.gather_f(anchor, p, c, own);
        sum.add(own, Channels::load(in.pixel_f(anchor, p), c, grid.channels, in.vectors));
        sum.add_to(pixel_row<float>(grad_f, anchor, grid, p), c, grid.channels, in.vectors);
        for (int group = 0; group < grid.groups; group++) {
            const int sample = group * grid.anchors + anchor;
            own = along ? along[static_cast<long long>(grid.anchors + sample) * grid.pixels() + p] : 0.0f;
            sum = in.gather_g(anchor, group, p, c, own);
            sum.add(own, Channels::load(in.pixel_g(sample, p), c, grid.channels, in.vectors));
            sum.add_to(pixel_row<float>(grad_g, sample, grid, p), c, grid.channels, in.vectors);
        }
    }
}

KERNEL __launch_bounds__(256, 3) void pixel_gradients_f32(
    const Rows f, const Rows g, const PixelGrid grid, const int* winners, const float* saved,
    const float* coefficients, const float* along, int vectors, const Rows grad_f, const Rows grad_g) {
    const GradientInputs<float> in = {f, g, grid, winners, saved, coefficients, vectors != 0};
    pixel_gradients(in, along, grad_f, grad_g);
}
EXPORT_KERNEL(pixel_gradients_f32)

KERNEL __launch_bounds__(256, 3) void pixel_gradients_bf16(
    const Rows f, const Rows g, const PixelGrid grid, const int* winners, const float* saved,
    const float* coefficients, const float* along, int vectors, const Rows grad_f, const Rows grad_g) {
    const GradientInputs<__nv_bfloat16> in = {f, g, grid, winners, saved, coefficients, vectors != 0};
    pixel_gradients(in, along, grad_f, grad_g);
}
EXPORT_KERNEL(pixel_gradients_bf16)

// A warp's number for one pixel from the sum over all channels.
__device__ __forceinline__ void store_along(float* along, long long at, float dot, float square) {
    dot = warp_sum(dot);
    if (threadIdx.x % 32 == 0) {
        along[at] = square == 0.0f ? 0.0f : -dot / square;
    }
}

// grid: anchors times 16 places. A warp goes through all channels of its places.
template <typename T>
__device__ __forceinline__ void pixel_along(const GradientInputs<T>& in, float* along) {
    const PixelGrid& grid = in.grid;
    const int per_image = (grid.pixels() + PLACES - 1) / PLACES;
    const int anchor = blockIdx.x / per_image;
    const int first = blockIdx.x % per_image * PLACES;
    const int lane_channel = threadIdx.x % 32 * 4;
    float unused = 0.0f;
    for (int p = first + threadIdx.x / 32; p < min(first + PLACES, grid.pixels()); p += 8) {
        float dot = 0.0f;
        for (int start = 0; start < grid.channels; start += CHANNELS) {
            const int c = start + lane_channel;
            Channels own = Channels::load(in.pixel_f(anchor, p), c, grid.channels, in.vectors);
            dot = in.gather_f(anchor, p, c, unused).dot(own, dot);
        }
        const SavedSample<const float> any_group(in.saved, grid, anchor);
        store_along(along, static_cast<long long>(anchor) * grid.pixels() + p, dot, any_group.squares_f()[p]);
        for (int group = 0; group < grid.groups; group++) {
            const int sample = group * grid.anchors + anchor;
            dot = 0.0f;
            for (int start = 0; start < grid.channels; start += CHANNELS) {
                const int c = start + lane_channel;
                Channels own = Channels::load(in.pixel_g(sample, p), c, grid.channels, in.vectors);
                dot = in.gather_g(anchor, group, p, c, unused).dot(own, dot);
            }
            const SavedSample<const float> saved(in.saved, grid, sample);
            store_along(
                along, static_cast<long long>(grid.anchors + sample) * grid.pixels() + p, dot, saved.squares_g()[p]);
        }
    }
}

KERNEL __launch_bounds__(256, 3) void pixel_along_f32(
    const Rows f, const Rows g, const PixelGrid grid, const int* winners, const float* saved,
    const float* coefficients, int vectors, float* along) {
    pixel_along(GradientInputs<float>{f, g, grid, winners, saved, coefficients, vectors != 0}, along);
}
EXPORT_KERNEL(pixel_along_f32)

KERNEL __launch_bounds__(256, 3) void pixel_along_bf16(
    const Rows f, const Rows g, const PixelGrid grid, const int* winners, const float* saved,
    const float* coefficients, int vectors, float* along) {
    pixel_along(GradientInputs<__nv_bfloat16>{f, g, grid, winners, saved, coefficients, vectors != 0}, along);
}
EXPORT_KERNEL(pixel_along_bf16)
