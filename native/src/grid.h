// Runs launches on a team of host threads.
#pragma once
#include "faults.h"
#include "scheduler.h"

namespace sim {
// Threads that take part, the caller's among them.
void set_host_threads(unsigned count);
unsigned host_threads();

// Runs all blocks; the first fault ends the launch.
Fault run_grid(const Grid& grid);

// Calls body(0) to body(count - 1) on all threads; it returns 0 or a CUresult.
Fault run_parallel(long long count, const std::function<Fault(long long)>& body);
} // namespace sim
