// Where a thread of the simulated device is, and how a kernel is called by the address of its arguments.
#pragma once
#include <type_traits>
#include <utility>
#include "vectors.h"

namespace sim {
struct Thread {
    uint3 index;     // threadIdx
    unsigned linear; // x fastest
};

struct Block {
    uint3 index;
    uint3 size;
    uint3 grid;
};

// Set by the scheduler before it switches to a thread. Initial-exec: one instruction per access; it must stay this small.
extern __thread Thread* thread __attribute__((tls_model("initial-exec"), visibility("default")));
extern __thread Block block __attribute__((tls_model("initial-exec"), visibility("default")));

void barrier();
void* dynamic_shared();

// A kernel as the driver sees it.
struct KernelEntry {
    void (*invoke)(void** arguments);
    unsigned count;
    const unsigned* sizes;
};

template <class... A>
struct Parameters {
    static constexpr unsigned sizes[sizeof...(A) + 1] = {static_cast<unsigned>(sizeof(A))..., 0};
};

template <auto kernel, class... A, size_t... I>
inline void call(void (*)(A...), void** arguments, std::index_sequence<I...>) {
    kernel(*static_cast<std::remove_cv_t<A>*>(arguments[I])...);
}

template <auto kernel, class... A>
constexpr KernelEntry describe(void (*)(A...)) {
    return {[](void** arguments) { call<kernel>(kernel, arguments, std::index_sequence_for<A...>{}); },
            static_cast<unsigned>(sizeof...(A)), Parameters<A...>::sizes};
}

template <auto kernel>
constexpr KernelEntry entry_of() {
    return describe<kernel>(kernel);
}
} // namespace sim

#define threadIdx (::sim::thread->index)
#define blockIdx (::sim::block.index)
#define blockDim (::sim::block.size)
#define gridDim (::sim::block.grid)
#define warpSize 32

inline void __syncthreads() { sim::barrier(); }
inline void __threadfence() { __atomic_thread_fence(__ATOMIC_SEQ_CST); }
inline void __threadfence_block() { __atomic_thread_fence(__ATOMIC_ACQ_REL); } // weaker: orders nothing for other blocks
inline void __threadfence_system() { __atomic_thread_fence(__ATOMIC_SEQ_CST); }
inline void __nanosleep(unsigned) {}
[[noreturn]] inline void __trap() { __builtin_trap(); }
