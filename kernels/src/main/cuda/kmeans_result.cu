// kmeans_result: from the runs of cosine k-means to the results of each frame.
//
//   kmeans_refine         Hartigan's single moves of each run, where asked for
//   kmeans_select         the inertia of each run, the best one, its labels and centroids
//   kmeans_similarities   the cosines of all rows with the centroids of the best run
//
// Threads: a block of 256 per problem, per frame, per frame and tile of 32 rows. Shared memory 12, 8 and 47 KB. Refinement goes
// through the rows one by one, each of which sees the moves before it: about 3 us per row and pass, so some milliseconds;
// problems run side by side. The others are bound by launch latency. Not yet measured on a card.
#include "kmeans.cuh"

/** A later restart must be better by more than this, so that rounding does not choose. */
constexpr double RESTART_GAIN = 1e-9;
/** Moves that gain less are rounding. */
constexpr double MIN_GAIN = 1e-9;
constexpr int MOST_PASSES = 50;

/** The cluster that gains most by taking over a row, -1 if none; by one thread. norms and dots by cluster. */
__device__ __forceinline__ int better_cluster(const double* norms, const double* dots, int own, int clusters) {
    double square = __dmul_rn(norms[own], norms[own]);
    double left = sqrt(max(0.0, __dadd_rn(__dsub_rn(square, 2 * dots[own]), 1)));
    double loss = __dsub_rn(norms[own], left);
    int best = -1;
    double most = MIN_GAIN;
    for (int j = 0; j < clusters; j++) {
        if (j != own) {
            double other = __dmul_rn(norms[j], norms[j]);
            double grown = sqrt(max(0.0, __dadd_rn(__dadd_rn(other, 2 * dots[j]), 1)));
            double gain = __dsub_rn(__dsub_rn(grown, norms[j]), loss);
            if (gain > most) {
                best = j;
                most = gain;
            }
        }
    }
    return best;
}

KERNEL __launch_bounds__(BLOCK, 1) void kmeans_refine(KMeans k) {
    __shared__ Moves moves;
    __shared__ double stage[STAGE];
    __shared__ int target;
    int problem = blockIdx.x;
    int clusters = static_cast<int>(k.clusters);
    int rows = static_cast<int>(k.rows);
    int frame = k.frame_of(problem);
    int lane = threadIdx.x % LANES;
    int warp = threadIdx.x / LANES;
    const int* live = k.live + frame * k.rows;
    const float* unit = k.frame_rows(frame);
    long long first = problem * k.clusters;
    int* label = k.nearest + problem * k.rows;
    int* turned = k.counts + first;
    int* sizes = k.sizes + first;
    double* norms = k.turn + first;
    double* dots = k.dots + first;
    for (int j = 0; j < clusters; j++) {
        int moved = apply_moves(k, problem, j, k.labels_of(k.problems[problem].parity, problem), label, moves);
        double norm = sum_length(k, first + j, stage);
        if (threadIdx.x == 0) {
            turned[j] = moved > 0;
            norms[j] = norm;
        }
    }
    __syncthreads();
    bool moving = true;
    for (int pass = 0; pass < MOST_PASSES && moving; pass++) {
        moving = false;
        for (int row = 0; row < rows; row++) {
            int own = label[row];
            if (live[row] == 0 || sizes[own] <= 1) {
                continue;
            }
            const float* x = unit + row * k.padded;
            for (int j = warp; j < clusters; j += WARPS) {
                const double* sum = k.sums + (first + j) * k.width;
                double dot = 0;
                for (long long c = lane; c < k.width; c += LANES) {
                    dot = __dadd_rn(dot, __dmul_rn(x[c], sum[c]));
                }
                dot = lane_total(dot);
                if (lane == 0) {
                    dots[j] = dot;
                }
            }
            __syncthreads();
            if (threadIdx.x == 0) {
                target = better_cluster(norms, dots, own, clusters);
            }
            __syncthreads();
            int to = target;
            if (to < 0) {
                continue;
            }
            moving = true;
            for (long long c = threadIdx.x; c < k.width; c += BLOCK) {
                double* from = k.sums + (first + own) * k.width + c;
                *from = __dadd_rn(*from, -static_cast<double>(x[c]));
                double* into = k.sums + (first + to) * k.width + c;
                *into = __dadd_rn(*into, x[c]);
            }
            __syncthreads();
            double left = sum_length(k, first + own, stage);
            double grown = sum_length(k, first + to, stage);
            if (threadIdx.x == 0) {
                norms[own] = left;
                norms[to] = grown;
                turned[own] = turned[to] = 1;
                sizes[own]--;
                sizes[to]++;
                label[row] = to;
            }
            __syncthreads();
        }
    }
    double total = sequential_sum(norms, clusters, stage);
    for (int j = 0; j < clusters; j++) {
        if (turned[j] != 0) {
            turn_centroid(k, first + j, stage);
        }
    }
    int alive = 0;
    for (int row = threadIdx.x; row < rows; row += BLOCK) {
        alive += live[row] != 0;
    }
    alive = block_sum(alive);
    if (threadIdx.x == 0) {
        k.problems[problem].inertia = __dsub_rn(alive, total);
    }
}
EXPORT_KERNEL(kmeans_refine)

KERNEL __launch_bounds__(BLOCK) void kmeans_select(KMeans k, int refined) {
    __shared__ double stage[STAGE];
    int frame = blockIdx.x;
    const int* live = k.live + frame * k.rows;
    long long best = 0;
    double least = 0;
    for (long long restart = 0; restart < k.restarts; restart++) {
        long long problem = frame * k.restarts + restart;
        const double* own = k.own + problem * k.rows;
        double inertia = k.problems[problem].inertia;
        if (refined == 0) {
            inertia = block_lane_sum(
                k.rows, stage, [=](long long row) { return live[row] != 0 ? __dsub_rn(1, own[row]) : 0; });
        }
        if (restart == 0 || inertia < __dsub_rn(least, RESTART_GAIN)) {
            best = problem;
            least = inertia;
        }
    }
    if (threadIdx.x == 0) {
        k.best[frame] = static_cast<int>(best);
        k.inertia[frame] = k.broken[frame] != 0 ? NAN : static_cast<float>(least);
    }
    for (long long row = threadIdx.x; row < k.rows; row += BLOCK) {
        k.labels[frame * k.rows + row] = k.nearest[best * k.rows + row];
    }
    for (long long j = 0; j < k.clusters; j++) {
        const float* from = k.rounded + (best * k.clusters + j) * k.padded;
        float* to = k.final_centroids + (frame * k.clusters + j) * k.width;
        for (long long c = threadIdx.x; c < k.width; c += BLOCK) {
            to[c] = from[c];
        }
    }
}
EXPORT_KERNEL(kmeans_select)

KERNEL __launch_bounds__(BLOCK) void kmeans_similarities(KMeans k) {
    __shared__ Tile tile;
    int frame = blockIdx.x / k.tiles();
    long long problem = k.best[frame];
    long long first = static_cast<long long>(blockIdx.x % k.tiles()) * TILE;
    long long row = first + threadIdx.x % LANES;
    for (long long slot = 0; slot < k.clusters; slot += SLOTS) {
        int slots = static_cast<int>(min(k.clusters - slot, static_cast<long long>(SLOTS)));
        const float* centroids = k.rounded + (problem * k.clusters + slot) * k.padded;
        double cosine = tile_cosines<4>(k, frame, first, centroids, slots, tile);
        int s = threadIdx.x / LANES;
        if (s < slots && row < k.rows) {
            k.similarities[(frame * k.rows + row) * k.clusters + slot + s] = static_cast<float>(cosine);
        }
    }
}
EXPORT_KERNEL(kmeans_similarities)
