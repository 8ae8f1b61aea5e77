// Warp-wide functions. Every one is an exchange: the threads of the mask meet, then each gets its answer. A thread that
// never comes is a deadlock, which the simulated device reports; lanes outside the mask read as all ones, a NaN.
#pragma once
#include <cstdint>
#include <cstring>
#include <type_traits>
#include "execution.h"

namespace sim {
enum class Exchange : unsigned { meet, sync, shuffle, ballot, match, add, min, max, min_signed, max_signed, bit_and, bit_or, bit_xor };

// The answer for the calling lane; source is the lane whose value a shuffle wants.
uint64_t warp_exchange(unsigned mask, Exchange kind, uint64_t value, unsigned source);

inline unsigned lane() { return thread->linear & 31; }

template <class T>
inline T shuffle(unsigned mask, T value, unsigned source) {
    static_assert(sizeof(T) <= 8 && std::is_trivially_copyable_v<T>, "a shuffle moves up to 8 bytes");
    uint64_t word = 0;
    std::memcpy(&word, &value, sizeof value);
    word = warp_exchange(mask, Exchange::shuffle, word, source & 31);
    std::memcpy(&value, &word, sizeof value);
    return value;
}
} // namespace sim

inline void __syncwarp(unsigned mask = 0xffffffffu) { sim::warp_exchange(mask, sim::Exchange::sync, 0, 0); }

template <class T>
inline T __shfl_sync(unsigned mask, T value, int source, int width = 32) {
    unsigned first = sim::lane() & ~static_cast<unsigned>(width - 1);
    return sim::shuffle(mask, value, first | (static_cast<unsigned>(source) & static_cast<unsigned>(width - 1)));
}

template <class T>
inline T __shfl_down_sync(unsigned mask, T value, unsigned delta, int width = 32) {
    unsigned lane = sim::lane();
    bool inside = (lane & (width - 1)) + delta < static_cast<unsigned>(width);
    return sim::shuffle(mask, value, inside ? lane + delta : lane);
}

template <class T>
inline T __shfl_up_sync(unsigned mask, T value, unsigned delta, int width = 32) {
    unsigned lane = sim::lane();
    bool inside = (lane & (width - 1)) >= delta;
    return sim::shuffle(mask, value, inside ? lane - delta : lane);
}

template <class T>
inline T __shfl_xor_sync(unsigned mask, T value, int other, int width = 32) {
    unsigned lane = sim::lane();
    unsigned source = lane ^ static_cast<unsigned>(other);
    bool inside = source < (lane & ~static_cast<unsigned>(width - 1)) + width;
    return sim::shuffle(mask, value, inside ? source : lane);
}

inline unsigned __ballot_sync(unsigned mask, int predicate) {
    return static_cast<unsigned>(sim::warp_exchange(mask, sim::Exchange::ballot, predicate != 0, 0));
}
inline int __any_sync(unsigned mask, int predicate) { return __ballot_sync(mask, predicate) != 0; }
inline int __all_sync(unsigned mask, int predicate) { return __ballot_sync(mask, !predicate) == 0; }

template <class T>
inline unsigned __match_any_sync(unsigned mask, T value) {
    uint64_t word = 0;
    std::memcpy(&word, &value, sizeof value);
    return static_cast<unsigned>(sim::warp_exchange(mask, sim::Exchange::match, word, 0));
}

#define SIM_WARP_REDUCE(name, T, kind) \
    inline T name(unsigned mask, T value) { return static_cast<T>(sim::warp_exchange(mask, sim::Exchange::kind, static_cast<uint64_t>(value), 0)); }
SIM_WARP_REDUCE(__reduce_add_sync, unsigned, add)
SIM_WARP_REDUCE(__reduce_add_sync, int, add)
SIM_WARP_REDUCE(__reduce_min_sync, unsigned, min)
SIM_WARP_REDUCE(__reduce_max_sync, unsigned, max)
SIM_WARP_REDUCE(__reduce_min_sync, int, min_signed)
SIM_WARP_REDUCE(__reduce_max_sync, int, max_signed)
SIM_WARP_REDUCE(__reduce_and_sync, unsigned, bit_and)
SIM_WARP_REDUCE(__reduce_or_sync, unsigned, bit_or)
SIM_WARP_REDUCE(__reduce_xor_sync, unsigned, bit_xor)
#undef SIM_WARP_REDUCE

