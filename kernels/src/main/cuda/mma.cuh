// Products of bf16 matrices on the tensor cores, and copies to shared memory that do not wait: the instructions of
// compute capability 8.0, each with a generic body of the same meaning for the simulated device.
//
// Fragments of m16n8k16, for lane l with g = l / 4 and t = l % 4; two bf16 per register, the lower column in its lower
// half:
//   a[0] row g, columns 2t 2t+1      a[1] row g+8, same columns      a[2], a[3] the same rows, columns 2t+8 2t+9
//   b[0] column g, rows 2t 2t+1      b[1] rows 2t+8 2t+9
//   c[0], c[1] row g, columns 2t 2t+1      c[2], c[3] row g+8
#pragma once
#include "types.cuh"

#ifndef __CUDACC__
namespace mma_on_host {
constexpr int MOST_WARPS = 8;

// What the lanes of a warp show each other; two of them by turns, so that one meeting per exchange is enough.
template <class T> inline T& board() {
    static thread_local T boards[MOST_WARPS][2];
    static thread_local unsigned turns[32 * MOST_WARPS];
    unsigned turn = turns[threadIdx.x]++;
    return boards[threadIdx.x / 32][turn & 1];
}

struct Operands {
    float a[16][16]; // row, column
    float b[8][16];  // column, row
};

struct MatrixRows {
    const __nv_bfloat16* at[32];
};
} // namespace mma_on_host
#endif

// c += a b.
__device__ __forceinline__ void mma_bf16(float (&c)[4], const unsigned (&a)[4], unsigned b0, unsigned b1) {
#ifdef __CUDACC__
    asm("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, "
        "{%0, %1, %2, %3};"
        : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
#else
    auto& shown = mma_on_host::board<mma_on_host::Operands>();
    const int g = threadIdx.x % 32 / 4;
    const int t = threadIdx.x % 4;
    for (int i = 0; i < 4; i++) {
        float2 x = unpack_bf16(a[i]);
        float* to = &shown.a[g + i % 2 * 8][2 * t + i / 2 * 8];
        to[0] = x.x, to[1] = x.y;
    }
    float2 low = unpack_bf16(b0), high = unpack_bf16(b1);
    float* to = &shown.b[g][2 * t];
    to[0] = low.x, to[1] = low.y, to[8] = high.x, to[9] = high.y;
    __syncwarp();
    for (int i = 0; i < 4; i++) {
        float sum = 0;
        for (int k = 0; k < 16; k++) sum += shown.a[g + i / 2 * 8][k] * shown.b[2 * t + i % 2][k];
        c[i] += sum;
    }
#endif
}

// Four 8 x 8 matrices from shared memory, one per register; lanes 8i .. 8i + 7 name the rows of matrix i, 16-byte
// aligned. Lane l gets row l / 4, columns 2 (l % 4) and the next.
__device__ __forceinline__ void load_matrices(unsigned (&r)[4], const __nv_bfloat16* row) {
#ifdef __CUDACC__
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
                 : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
                 : "r"((unsigned)__cvta_generic_to_shared(row)));
#else
    auto& shown = mma_on_host::board<mma_on_host::MatrixRows>();
    const int lane = threadIdx.x % 32;
    shown.at[lane] = row;
    __syncwarp();
    for (int i = 0; i < 4; i++) {
        const __nv_bfloat16* from = shown.at[8 * i + lane / 4] + 2 * (lane % 4);
        r[i] = __bfloat16_as_ushort(from[0]) | (unsigned)__bfloat16_as_ushort(from[1]) << 16;
    }
#endif
}

// The same with every matrix transposed: lane l gets column l / 4, rows 2 (l % 4) and the next.
__device__ __forceinline__ void load_matrices_transposed(unsigned (&r)[4], const __nv_bfloat16* row) {
#ifdef __CUDACC__
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];"
                 : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
                 : "r"((unsigned)__cvta_generic_to_shared(row)));
#else
    auto& shown = mma_on_host::board<mma_on_host::MatrixRows>();
    const int lane = threadIdx.x % 32;
    shown.at[lane] = row;
    __syncwarp();
    for (int i = 0; i < 4; i++) {
        const __nv_bfloat16* const* rows = shown.at + 8 * i + 2 * (lane % 4);
        r[i] = __bfloat16_as_ushort(rows[0][lane / 4]) | (unsigned)__bfloat16_as_ushort(rows[1][lane / 4]) << 16;
    }
#endif
}

// Copies 16 bytes into shared memory, or writes zeros; both addresses multiples of 16. Done when the group it belongs
// to is.
__device__ __forceinline__ void copy_async_16(void* to, const void* from, bool real) {
#ifdef __CUDACC__
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"((unsigned)__cvta_generic_to_shared(to)),
                 "l"(from), "r"(real ? 16 : 0)
                 : "memory");
#else
    *static_cast<uint4*>(to) = real ? *static_cast<const uint4*>(from) : uint4{0, 0, 0, 0};
#endif
}

// Ends a group of copies.
__device__ __forceinline__ void copy_async_commit() {
#ifdef __CUDACC__
    asm volatile("cp.async.commit_group;" ::: "memory");
#endif
}

// Waits until at most PENDING of the thread's newest groups are under way.
template <int PENDING> __device__ __forceinline__ void copy_async_wait() {
#ifdef __CUDACC__
    asm volatile("cp.async.wait_group %0;" ::"n"(PENDING) : "memory");
#endif
}
