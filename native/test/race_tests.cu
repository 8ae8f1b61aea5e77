// Kernels that are wrong in how their threads work together, each with a twin that is right.
#include "compat.h"
#include "mma.cuh"

namespace {
// The sum of a neighbour's and the own number, through shared memory.
template <class Meet> __device__ void neighbours(int* x, int* shared, Meet meet) {
    const int i = threadIdx.x;
    shared[i] = i;
    meet();
    x[i] = i + shared[i ^ 1];
}
} // namespace

KERNEL void race_no_barrier(int* x) {
    __shared__ int shared[64];
    neighbours(x, shared, [] {});
}
EXPORT_KERNEL(race_no_barrier)

KERNEL void race_barrier(int* x) {
    __shared__ int shared[64];
    neighbours(x, shared, [] { __syncthreads(); });
}
EXPORT_KERNEL(race_barrier)

KERNEL void race_no_barrier_dynamic(int* x) {
    DYN_SHARED(int, shared);
    neighbours(x, shared, [] {});
}
EXPORT_KERNEL(race_no_barrier_dynamic)

KERNEL void race_warp(int* x) {
    DYN_SHARED(int, shared);
    neighbours(x, shared, [] { __syncwarp(); });
}
EXPORT_KERNEL(race_warp)

// A shuffle is no barrier.
KERNEL void race_shuffle(int* x) {
    DYN_SHARED(int, shared);
    neighbours(x, shared, [] { __shfl_xor_sync(0xffffffffu, 1, 1); });
}
EXPORT_KERNEL(race_shuffle)

// The halves of a warp meet apart; `across` reads the other half's.
KERNEL void race_half_warps(int* x, int across) {
    DYN_SHARED(int, shared);
    const int i = threadIdx.x;
    shared[i] = i;
    __syncwarp(i % 32 < 16 ? 0xffffu : 0xffff0000u);
    x[i] = shared[i ^ (across ? 16 : 1)];
}
EXPORT_KERNEL(race_half_warps)

// Written again while others may still read: the second barrier of a loop is missing unless `safe`.
KERNEL void race_loop(int* x, int safe) {
    __shared__ int shared[64];
    const int i = threadIdx.x;
    for (int round = 0; round < 3; round++) {
        shared[i] = round + i;
        __syncthreads();
        x[i] = shared[(i + 33) % 64];
        if (safe) __syncthreads();
    }
}
EXPORT_KERNEL(race_loop)

// Neighbours write halves of one word, which is right, or both halves.
KERNEL void race_halves(unsigned short* x, int both) {
    x[threadIdx.x] = 1;
    if (both) x[threadIdx.x ^ 1] = 2;
}
EXPORT_KERNEL(race_halves)

// All blocks write to the same place, or each to its own, or all by atomics.
KERNEL void race_blocks(int* x, int how) {
    if (how == 0) x[threadIdx.x] = blockIdx.x;
    if (how == 1) x[blockIdx.x * blockDim.x + threadIdx.x] = 1;
    if (how == 2) atomicAdd(x + threadIdx.x, 1);
}
EXPORT_KERNEL(race_blocks)

// The last block adds what the others have left. fence: 0 none, 1 by the thread of the atomic, 2 by all before the barrier,
// 3 of the block alone.
KERNEL void race_last_block(int* partial, int* ticket, int* sum, int fence) {
    __shared__ int last;
    const int i = threadIdx.x;
    partial[blockIdx.x * blockDim.x + i] = 1;
    if (fence == 2) __threadfence();
    if (fence == 3) __threadfence_block();
    __syncthreads();
    if (i == 0) {
        if (fence == 1) __threadfence();
        last = atomicAdd(ticket, 1) == (int)gridDim.x - 1;
        if (last) *ticket = 0;
    }
    __syncthreads();
    if (!last || i != 0) return;
    __threadfence();
    int all = 0;
    for (unsigned j = 0; j < gridDim.x * blockDim.x; j++) all += partial[j];
    *sum = all;
}
EXPORT_KERNEL(race_last_block)

// Reads `beyond` elements more than were written.
KERNEL void race_unwritten(int* x, int beyond) {
    __shared__ int shared[96];
    shared[threadIdx.x] = 1;
    __syncthreads();
    x[threadIdx.x] = shared[threadIdx.x + beyond];
}
EXPORT_KERNEL(race_unwritten)

// Copies 16 bytes per thread in two groups and stores the second. how: 0 right, 1 no wait, 2 no commit, 3 a wait for the
// first group alone, 4 reads a neighbour's without a barrier.
KERNEL void copy_groups(const float4* from, float4* to, int how) {
    DYN_SHARED(float4, shared);
    const int i = threadIdx.x;
    copy_async_16(shared + i, from + i, true);
    copy_async_commit();
    copy_async_16(shared + blockDim.x + i, from + i, i % 2 == 0);
    if (how != 2) copy_async_commit();
    if (how == 3) copy_async_wait<1>();
    if (how != 1 && how != 3) copy_async_wait<0>();
    if (how != 4) __syncthreads();
    to[i] = shared[blockDim.x + (i ^ (how == 4 ? 2 : 0))];
}
EXPORT_KERNEL(copy_groups)

// Copies to or from addresses that are off by some bytes, or to global memory.
KERNEL void copy_misplaced(char* global, int to, int from, int outside) {
    DYN_SHARED(char, shared);
    copy_async_16(outside ? global + 64 : shared + to, global + from, true);
    copy_async_commit();
    copy_async_wait<0>();
}
EXPORT_KERNEL(copy_misplaced)

// Matrix rows that are off by some elements, or in global memory.
KERNEL void matrix_misplaced(__nv_bfloat16* global, int shift, int outside) {
    __shared__ __align__(16) __nv_bfloat16 shared[32 * 8 + 8];
    for (int e = 0; e < 8; e++) shared[threadIdx.x * 8 + e] = global[e];
    __syncwarp();
    unsigned r[4];
    load_matrices(r, (outside ? global : shared) + threadIdx.x * 8 + shift);
    global[threadIdx.x] = __ushort_as_bfloat16((unsigned short)r[0]);
}
EXPORT_KERNEL(matrix_misplaced)
