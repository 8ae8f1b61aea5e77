// The state behind the driver API: one lock, one simulated card (seen as several devices if asked for), its objects.
#pragma once
#include <atomic>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <unordered_set>
#include <vector>
#include "memory.h"
#include "status.h"
#include "streams.h"

namespace sim {
// What can be set from outside; see simcuda.h.
struct Settings {
    int devices = 1;
    int driver_version = 13000;
    int major = 8;
    int minor = 0;
    long long fail_allocation = 0; // counts down; 0: never
    long long fail_launch = 0;
    long long refuse_launch = 0;
    long long fail_library = 0;
    long long lose_device = 0;

    // Most dynamic shared memory that a block of this compute capability may ask for.
    int shared_optin() const;
};

struct Counters {
    long long library_calls = 0;
    long long copies = 0;
    long long fills = 0;
    long long allocations = 0;
    long long frees = 0;
    long long graph_launches = 0;
    long long graph_nodes = 0;
    long long synchronizations = 0;
};

// A device's primary context; its address is the CUcontext.
struct Context {
    int device = 0;
    int retained = 0;
    unsigned flags = 0;
};

struct Pool {
    int number = 0;
    size_t limit = 0; // 0: the device's memory
    size_t high_used = 0;
    size_t high_reserved = 0;
    size_t reserved = 0; // kept from what was freed, up to the threshold
    uint64_t release_threshold = 0;
    int reuse[3] = {1, 1, 1};
};

class Driver {
public:
    Driver();

    // Status with which a call that needs the device has to end at once, or 0.
    int enter();
    // Keeps the first error that the device found and prints it.
    void fail(const Fault& fault);
    void note(const std::string& message);
    void reset_device();
    void apply_environment();

    Stream* stream(void* handle);
    int synchronize();

    std::recursive_mutex lock;
    bool initialized = false;
    bool lost = false;
    bool in_callback = false;
    int sticky = 0;
    std::string message;
    Settings settings;
    Counters counters;
    std::atomic<bool> drops_launches{false};
    std::atomic<long long> launches{0};
    std::vector<Context> contexts;
    std::vector<Stream*> streams; // created ones
    Stream legacy;
    std::unordered_set<void*> events;
    std::unordered_set<void*> graphs;
    std::unordered_set<void*> executables;
    std::unordered_set<void*> modules;
    std::unordered_set<void*> functions;
    std::vector<std::unique_ptr<Module>> retired; // unloaded; graphs may still hold their functions
    std::vector<Pool*> pools;
    uint64_t next_stream_id = 2;
};

Driver& driver();

// True at the call for which `countdown` was set.
bool is_due(long long& countdown);

extern thread_local Context* current_context;

typedef std::lock_guard<std::recursive_mutex> Lock;
} // namespace sim

#define SIM_EXPORT extern "C" __attribute__((visibility("default")))

// First line of a call that needs an initialised driver, a context and a healthy device.
#define SIM_ENTER()                                   \
    ::sim::Lock sim_lock(::sim::driver().lock);       \
    if (int sim_status = ::sim::driver().enter()) {   \
        return sim_status;                            \
    }
