// kmeans_lloyd: the iterations of cosine k-means.
//
//   kmeans_start    centroids from the chosen rows
//   kmeans_assign   every row to its nearest centroid (the lowest on ties); the last block of a problem then gives a row to
//                   each empty cluster and finds out whether the problem is done
//   kmeans_update   centroids from the sums of their members; only rows that changed their cluster are added or subtracted
//
// One iteration is kmeans_assign and kmeans_update for all problems at once. Blocks of a problem that is done return at once,
// and its newest assignment is the final one; kmeans_assign with iteration -1 makes that of the problems that are not.
//
// Threads: a block of 256 per problem and tile of 32 rows (assign), per problem and cluster (update). The maximum over the
// centroids runs along with them, so no matrix of rows x centroids is ever in memory. Shared memory 47 KB and 12 KB.
// Expected limits: assign has four multiplications and four additions per four channels that must not be fused, half of the
// fp32 peak (5 frames x 4 restarts of 256 x 1,280 with 4 centroids: 2 us; 4,096 x 1,024 with 64: 20 us), and 3 us for the last
// block; update reads the rows that moved. An iteration of a problem set that is done costs two empty launches, 4 us in a
// graph, so the floor of 100 iterations is 0.4 ms. Not yet measured on a card.
#include "kmeans.cuh"

KERNEL __launch_bounds__(BLOCK) void kmeans_start(KMeans k) {
    int lane = threadIdx.x % LANES;
    long long at = blockIdx.x * static_cast<long long>(WARPS) + threadIdx.x / LANES;
    if (at >= k.frames * k.restarts * k.clusters) {
        return;
    }
    int frame = static_cast<int>(at / k.clusters / k.restarts);
    const float* __restrict__ row = k.frame_rows(frame) + k.chosen[at] * k.padded;
    double squares = 0;
    for (long long c = lane; c < k.width; c += LANES) {
        double value = row[c];
        squares = __dadd_rn(squares, __dmul_rn(value, value));
    }
    double norm = sqrt(lane_total(squares));
    double scale = norm > EPS ? 1 / norm : 0;
    for (long long c = lane; c < k.padded; c += LANES) {
        float value = c < k.width ? static_cast<float>(__dmul_rn(row[c], scale)) : 0;
        k.rounded[at * k.padded + c] = value;
        if (c < k.width) {
            k.centroids[at * k.width + c] = value;
        }
    }
    if (lane == 0) {
        k.directionless[at] = !(norm > EPS);
    }
}
EXPORT_KERNEL(kmeans_start)

/** Gives each cluster without a live row the row that fits its own centroid worst, by one block. */
__device__ __forceinline__ void fill_empty_clusters(const KMeans& k, int problem, const int* nearest, int* now, int* counts) {
    int rows = static_cast<int>(k.rows);
    const int* live = k.live + k.frame_of(problem) * k.rows;
    const double* own = k.own + problem * k.rows;
    for (int cluster = 0; cluster < k.clusters; cluster++) {
        if (__ldcg(counts + cluster) > 0) {
            continue;
        }
        double worst = INFINITY;
        int at = rows;
        for (int row = threadIdx.x; row < rows; row += BLOCK) {
            bool stays = live[row] != 0 && now[row] == nearest[row];
            if (stays && own[row] < worst && __ldcg(counts + now[row]) > 1) {
                worst = own[row];
                at = row;
            }
        }
        double least = block_min(worst, static_cast<double>(INFINITY));
        at = block_min(worst == least ? at : rows, rows);
        if (threadIdx.x == 0 && at < rows) {
            counts[now[at]]--;
            counts[cluster]++;
            now[at] = cluster;
        }
        __syncthreads();
    }
}

/** What follows the assignment of all rows of a problem, by one block. */
__device__ __forceinline__ void settle(const KMeans& k, int problem, int iteration, double* stage) {
    Problem& state = k.problems[problem];
    int rows = static_cast<int>(k.rows);
    int clusters = static_cast<int>(k.clusters);
    if (iteration > 0 && sequential_sum(k.turn + problem * k.clusters, clusters, stage) <= k.tolerance) {
        if (threadIdx.x == 0) {
            state.done = 1;
        }
        return;
    }
    const int* live = k.live + k.frame_of(problem) * k.rows;
    const int* nearest = k.nearest + problem * k.rows;
    const int* before = k.labels_of((iteration + 1) % 2, problem);
    int* now = k.labels_of(iteration % 2, problem);
    int* counts = k.counts + problem * k.clusters;
    for (int cluster = threadIdx.x; cluster < clusters; cluster += BLOCK) {
        counts[cluster] = 0;
    }
    __syncthreads();
    for (int row = threadIdx.x; row < rows; row += BLOCK) {
        now[row] = nearest[row];
        if (live[row] != 0) {
            atomicAdd(counts + nearest[row], 1);
        }
    }
    __syncthreads();
    int empty = 0;
    for (int cluster = threadIdx.x; cluster < clusters; cluster += BLOCK) {
        empty |= __ldcg(counts + cluster) == 0;
    }
    if (block_max(empty, 0) != 0) {
        fill_empty_clusters(k, problem, nearest, now, counts);
    }
    int differs = iteration == 0;
    for (int row = threadIdx.x; row < rows && iteration > 0; row += BLOCK) {
        differs |= now[row] != before[row];
    }
    differs = block_max(differs, 0);
    if (threadIdx.x == 0) {
        state.done = !differs;
        state.parity = differs ? iteration % 2 : state.parity;
    }
}

KERNEL __launch_bounds__(BLOCK, 2) void kmeans_assign(KMeans k, int iteration) {
    int problem = blockIdx.x / k.tiles();
    if (k.problems[problem].done != 0) {
        return;
    }
    __shared__ TileMemory memory;
    long long first = static_cast<long long>(blockIdx.x % k.tiles()) * TILE;
    double best = 0;
    int label = 0;
    for (long long slot = 0; slot < k.clusters; slot += SLOTS) {
        int slots = static_cast<int>(min(k.clusters - slot, static_cast<long long>(SLOTS)));
        const float* centroids = k.rounded + (problem * k.clusters + slot) * k.padded;
        double cosine = tile_cosines<4>(k, k.frame_of(problem), first, centroids, slots, memory.tile);
        memory.tile.cosines[threadIdx.x / LANES][threadIdx.x % LANES] = cosine;
        __syncthreads();
        for (int s = 0; threadIdx.x < TILE && s < slots; s++) {
            double other = memory.tile.cosines[s][threadIdx.x];
            if (slot + s == 0 || other > best) {
                best = other;
                label = static_cast<int>(slot) + s;
            }
        }
    }
    long long row = first + threadIdx.x;
    if (threadIdx.x < TILE && row < k.rows) {
        k.nearest[problem * k.rows + row] = label;
        k.own[problem * k.rows + row] = best;
    }
    if (iteration >= 0 && is_last_block(k.problems[problem], k.tiles())) {
        settle(k, problem, iteration, memory.stage);
    }
}
EXPORT_KERNEL(kmeans_assign)

KERNEL __launch_bounds__(BLOCK) void kmeans_update(KMeans k, int iteration) {
    int problem = blockIdx.x / static_cast<int>(k.clusters);
    if (k.problems[problem].done != 0) {
        return;
    }
    __shared__ Moves moves;
    __shared__ double stage[STAGE];
    long long at = blockIdx.x;
    int cluster = static_cast<int>(at - problem * k.clusters);
    const int* before = iteration == 0 ? nullptr : k.labels_of((iteration + 1) % 2, problem);
    const int* now = k.labels_of(iteration % 2, problem);
    int moved = apply_moves(k, problem, cluster, before, now, moves);
    double turn = moved > 0 ? turn_centroid(k, at, stage) : k.directionless[at] != 0 ? 1 : 0;
    if (threadIdx.x == 0) {
        k.turn[at] = turn;
    }
}
EXPORT_KERNEL(kmeans_update)
