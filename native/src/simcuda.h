// What the simulated libcuda.so.1 offers beside the CUDA driver API: to the library doubles (cuBLASLt, cuDNN), which put host
// functions on its streams, and to tests, which make calls fail and count them. Statuses are CUresult values, 0 is success.
#ifndef SIMCUDA_H
#define SIMCUDA_H
#include <stddef.h>
#ifdef __cplusplus
extern "C" {
#endif
#define SIMCUDA_API __attribute__((visibility("default")))

// Host work on a stream: context is the driver's own copy. Non-zero is a CUresult and makes the device unusable.
typedef int (*simcuda_work)(void* context);

// Puts work on a stream (CUstream or cudaStream_t; null is the legacy default stream) with a copy of `bytes` bytes of
// context: it runs in stream order or, while the stream is captured, becomes a node of the graph. `name` is a literal that
// messages show. An out-of-bounds access in work is reported like one of a kernel. Returns 0, or what a launch would return.
SIMCUDA_API int simcuda_enqueue(void* stream, const char* name, simcuda_work work, const void* context, size_t bytes);

// 1 if all of [address, address + bytes) lies in one live device allocation (or pinned host memory), else 0.
SIMCUDA_API int simcuda_is_device_range(const void* address, size_t bytes);

// Calls body(i, context) for i from 0 to count - 1 on all threads of the device; for use inside work. Returns the first
// non-zero result of a body, or the status of a memory fault.
SIMCUDA_API int simcuda_parallel(long long count, int (*body)(long long index, void* context), void* context);

// Switches a behaviour of the device; returns 0, or 1 for an unknown name. Names:
//   fail-allocation N   the N-th allocation of device memory from now on fails (2, out of memory); 0 takes it back
//   fail-launch N       the N-th kernel launch from now on fails when it runs (719, launch failed); sticky
//   refuse-launch N     the N-th launch from now on is refused by cuLaunchKernel itself (701, out of resources)
//   fail-library N      the N-th simcuda_enqueue from now on is refused (999, unknown error)
//   device-lost N       the N-th call from now on that needs the device, and all later ones, fail (46, device unavailable)
//   launch 0|1          0: launches are counted and dropped at once, for measuring what a launch costs; 1: normal
//   alignment N         start of allocations from now on: 256 like a card, or down to 4 to have their ends at a guard page
//   memory N            bytes of the device
//   threads N           host threads that run blocks
//   reset               all of the above as at the start, counters to zero
SIMCUDA_API int simcuda_control(const char* name, long long value);

// Number of calls so far, or -1 for an unknown name: launches, library-calls, copies, fills, allocations, frees,
// graph-launches, graph-nodes (run by graph launches), synchronizations, live-allocations, live-bytes, live-streams,
// live-events, live-graphs, live-modules.
SIMCUDA_API long long simcuda_counter(const char* name);

// Looks at the canaries round every live allocation; returns how many are damaged and prints each.
SIMCUDA_API int simcuda_check_memory(void);

// The message of the last error that the device itself found (fault, deadlock, stale PTX, damaged canary); "" if none.
SIMCUDA_API const char* simcuda_last_message(void);
#ifdef __cplusplus
}
#endif
#endif
