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

// c += a b.
__device__ __forceinline__ void mma_bf16(float (&c)[4], const unsigned (&a)[4], unsigned b0, unsigned b1) {
#ifdef __CUDACC__
    asm("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, "
        "{%0, %1, %2, %3};"
        : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
#else
    sim::multiply_matrices(c, a, b0, b1);
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
    const auto& rows = sim::exchange_rows(row);
    const int lane = threadIdx.x % 32;
    for (int i = 0; i < 4; i++) r[i] = rows.along(8 * i + lane / 4, lane % 4);
#endif
}

// The same with every matrix transposed: lane l gets column l / 4, rows 2 (l % 4) and the next.
__device__ __forceinline__ void load_matrices_transposed(unsigned (&r)[4], const __nv_bfloat16* row) {
#ifdef __CUDACC__
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];"
                 : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
                 : "r"((unsigned)__cvta_generic_to_shared(row)));
#else
    const auto& rows = sim::exchange_rows(row);
    const int lane = threadIdx.x % 32;
    for (int i = 0; i < 4; i++) r[i] = rows.across(8 * i + 2 * (lane % 4), lane / 4);
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
    sim::copy_async(to, from, real);
#endif
}

// Ends a group of copies.
__device__ __forceinline__ void copy_async_commit() {
#ifdef __CUDACC__
    asm volatile("cp.async.commit_group;" ::: "memory");
#else
    sim::commit_copies();
#endif
}

// Waits until at most PENDING of the thread's newest groups are under way.
template <int PENDING> __device__ __forceinline__ void copy_async_wait() {
#ifdef __CUDACC__
    asm volatile("cp.async.wait_group %0;" ::"n"(PENDING) : "memory");
#else
    sim::wait_copies(PENDING);
#endif
}
