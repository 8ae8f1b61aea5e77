// kmeans_seed: rows of length 1, and the rows that the runs of cosine k-means start from (k-means++ on the sphere).
//
//   kmeans_unit_rows   u = x / |x|; rows that are too short, or no numbers, become 0 and are dead
//   kmeans_first_row   the first centre: a random row, or the next live one
//   kmeans_next_row    weights w = min(w, max(0, 1 - <u, centre>)) after centre `step`, then the draw of the next one:
//                      the first row whose running sum of weights exceeds a random share of all
//
// Threads: a warp per row; a block per problem; a block per problem and tile of 32 rows, the last of which draws (no other
// launch is needed). Shared memory 47 KB. The draw needs rows / 64 additions twice in turn, by one thread: about 2 us at 4,096
// rows. Expected limit: the features are read from L2 once per centre (16 MB: 3 us) and a launch costs about 3 us, so 64
// centres of 4,096 x 1,024 take half a millisecond. Not yet measured on a card.
#include "kmeans.cuh"

/** Rows whose weights are added up before their sums are. */
constexpr int CHUNK = 64;
constexpr double NO_WEIGHT = 1e-12;

__device__ __forceinline__ double next_unit(unsigned long long& state) {
    state += 0x9E3779B97F4A7C15ull;
    unsigned long long z = state;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
    z = z ^ (z >> 31);
    return __dmul_rn(static_cast<double>(z >> 11), 0x1.0p-53);
}

KERNEL __launch_bounds__(BLOCK) void kmeans_unit_rows(KMeans k) {
    int lane = threadIdx.x % LANES;
    long long index = blockIdx.x * static_cast<long long>(WARPS) + threadIdx.x / LANES;
    if (index >= k.frames * k.rows) {
        return;
    }
    long long frame = index / k.rows;
    const float* __restrict__ x = k.x + frame * k.frame_stride + (index - frame * k.rows) * k.row_stride;
    float* __restrict__ unit = k.unit + index * k.padded;
    double squares = 0;
    for (long long c = lane; c < k.width; c += LANES) {
        double value = x[c];
        squares = __dadd_rn(squares, __dmul_rn(value, value));
    }
    double norm = sqrt(lane_total(squares));
    bool finite = norm < INFINITY;
    bool alive = norm > EPS && finite;
    double scale = alive ? 1 / norm : 0;
    for (long long c = lane; c < k.padded; c += LANES) {
        unit[c] = alive && c < k.width ? static_cast<float>(__dmul_rn(x[c], scale)) : 0.0f;
    }
    if (lane == 0) {
        k.live[index] = alive;
        if (!finite) {
            atomicExch(&k.broken[frame], 1); // several warps may say so
        }
    }
}
EXPORT_KERNEL(kmeans_unit_rows)

KERNEL __launch_bounds__(BLOCK) void kmeans_first_row(KMeans k) {
    int problem = blockIdx.x;
    int frame = k.frame_of(problem);
    int rows = static_cast<int>(k.rows);
    unsigned long long restart = problem - frame * k.restarts;
    unsigned long long random = k.seed * 1000003ull + static_cast<long long>(k.indices[frame]) * 1009 + restart;
    int drawn = min(static_cast<int>(__dmul_rn(next_unit(random), rows)), rows - 1);
    int nearest = rows;
    for (int row = threadIdx.x; row < rows; row += BLOCK) {
        if (k.live[static_cast<long long>(frame) * rows + row] != 0) {
            nearest = min(nearest, row >= drawn ? row - drawn : row - drawn + rows);
        }
    }
    nearest = block_min(nearest, rows);
    if (threadIdx.x == 0) {
        int row = nearest == rows ? drawn : nearest < rows - drawn ? drawn + nearest : drawn + nearest - rows;
        k.problems[problem].random = random;
        k.chosen[problem * k.clusters] = row;
        k.taken[problem * k.rows + row] = 1;
    }
}
EXPORT_KERNEL(kmeans_first_row)

/** The first row whose running sum of weights exceeds r; the last one with a weight if rounding leaves none. */
__device__ __forceinline__ int find_row(const double* weight, int rows, const double* chunks, double r, double* stage) {
    __shared__ int found;
    int count = (rows + CHUNK - 1) / CHUNK;
    double before = 0; // of the first thread, as is `next`
    int next = 0;
    while (true) {
        if (threadIdx.x == 0) {
            while (next < count && !(__dadd_rn(before, chunks[next]) > r)) {
                before = __dadd_rn(before, chunks[next++]);
            }
            found = next;
        }
        __syncthreads();
        int chunk = found;
        if (chunk == count) {
            break;
        }
        int size = min(rows - chunk * CHUNK, CHUNK);
        if (static_cast<int>(threadIdx.x) < size) {
            stage[threadIdx.x] = weight[chunk * CHUNK + threadIdx.x];
        }
        __syncthreads();
        if (threadIdx.x == 0) {
            double running = before;
            int row = -1;
            for (int i = 0; i < size && row < 0; i++) {
                running = __dadd_rn(running, stage[i]);
                row = running > r ? chunk * CHUNK + i : -1;
            }
            found = row;
            before = __dadd_rn(before, chunks[next++]);
        }
        __syncthreads();
        int row = found;
        __syncthreads();
        if (row >= 0) {
            return row;
        }
    }
    int last = 0;
    for (int row = threadIdx.x; row < rows; row += BLOCK) {
        last = weight[row] > 0 ? row : last;
    }
    return block_max(last, 0);
}

/** The next centre of a problem, by one block. */
__device__ __forceinline__ void draw(const KMeans& k, int problem, int step, double* stage) {
    __shared__ double share;
    int rows = static_cast<int>(k.rows);
    int count = (rows + CHUNK - 1) / CHUNK;
    const double* weight = k.weight + problem * k.rows;
    double* chunks = k.chunks + static_cast<long long>(problem) * count;
    int* taken = k.taken + problem * k.rows;
    for (int chunk = threadIdx.x; chunk < count; chunk += BLOCK) {
        double sum = 0;
        int end = min(rows, (chunk + 1) * CHUNK);
#pragma unroll 8
        for (int row = chunk * CHUNK; row < end; row++) {
            sum = __dadd_rn(sum, weight[row]);
        }
        chunks[chunk] = sum;
    }
    __syncthreads();
    double total = sequential_sum(chunks, count, stage);
    int row = rows;
    if (total <= NO_WEIGHT) {
        for (int i = threadIdx.x; i < rows && row == rows; i += BLOCK) {
            row = taken[i] == 0 ? i : rows;
        }
        row = block_min(row, rows);
    } else {
        if (threadIdx.x == 0) {
            share = __dmul_rn(next_unit(k.problems[problem].random), total);
        }
        __syncthreads();
        row = find_row(weight, rows, chunks, share, stage);
    }
    if (threadIdx.x == 0) {
        k.chosen[problem * k.clusters + step] = row;
        taken[row] = 1;
    }
}

KERNEL __launch_bounds__(BLOCK) void kmeans_next_row(KMeans k, int step) {
    __shared__ TileMemory memory;
    int problem = blockIdx.x / k.tiles();
    int frame = k.frame_of(problem);
    long long first = static_cast<long long>(blockIdx.x % k.tiles()) * TILE;
    const float* centre = k.frame_rows(frame) + k.chosen[problem * k.clusters + step] * k.padded;
    double cosine = tile_cosines<1>(k, frame, first, centre, 1, memory.tile);
    long long row = first + threadIdx.x;
    if (threadIdx.x < TILE && row < k.rows) {
        double* weight = k.weight + problem * k.rows + row;
        bool free = k.live[frame * k.rows + row] != 0 && k.taken[problem * k.rows + row] == 0;
        double now = max(0.0, __dsub_rn(1, cosine));
        *weight = !free ? 0 : step == 0 ? now : min(*weight, now);
    }
    if (is_last_block(k.problems[problem], k.tiles())) {
        draw(k, problem, step + 1, memory.stage);
    }
}
EXPORT_KERNEL(kmeans_next_row)
