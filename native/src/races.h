// Races between the threads of a launch, in the library that `native/build --race` makes; nothing in all others. The
// scheduler tells here what orders threads, the instrumented kernels (race_hooks) what they touch.
#pragma once
#include <cstddef>
#include <cstdint>
#include "faults.h"

namespace sim {
struct Grid;
}

namespace sim::races {
// A copy under way is a write that lasts until its arrival.
enum class Access { read, write, atomic, copy, arrival };

#if defined(SIM_RACE)
constexpr bool one_host_thread = true; // so that what is kept here needs no locks
void begin_launch(const Grid& grid);
// What was found in the launch.
Fault end_launch();
void begin_block(uint64_t number, unsigned threads);
// All threads of the block have met.
void all_met();
// Threads of a warp have met, the first of which is `first`.
void lanes_met(unsigned first, unsigned mask);
// By the running thread; `code` is where it returns to.
void access(const void* address, size_t bytes, Access kind, const void* code);
// What the running thread did before is seen by whoever sees its next atomic.
void fence();
#else
constexpr bool one_host_thread = false;
inline void begin_launch(const Grid&) {}
inline Fault end_launch() { return {}; }
inline void begin_block(uint64_t, unsigned) {}
inline void all_met() {}
inline void lanes_met(unsigned, unsigned) {}
inline void access(const void*, size_t, Access, const void*) {}
#endif
} // namespace sim::races
