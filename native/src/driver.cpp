#include "driver.h"
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <thread>
#include "faults.h"
#include "grid.h"

namespace sim {
thread_local Context* current_context;

Driver& driver() {
    static Driver* instance = new Driver; // never destroyed: threads of the JVM may call until the very end
    return *instance;
}

static long long environment(const char* name, long long otherwise) {
    const char* value = getenv(name);
    return value == nullptr || *value == 0 ? otherwise : atoll(value);
}

Driver::Driver() {
    legacy.legacy = true;
    legacy.id = 1;
    apply_environment();
    contexts.resize(64);
    for (int i = 0; i < 64; i++) {
        contexts[static_cast<size_t>(i)].device = i;
    }
}

void Driver::apply_environment() {
    settings = Settings{};
    settings.devices = static_cast<int>(std::min(64ll, environment("SIMCUDA_DEVICES", 1)));
    settings.driver_version = static_cast<int>(environment("SIMCUDA_DRIVER_VERSION", 13000));
    const char* compute = getenv("SIMCUDA_COMPUTE");
    if (compute != nullptr) {
        sscanf(compute, "%d.%d", &settings.major, &settings.minor);
    }
    memory().set_capacity(static_cast<size_t>(environment("SIMCUDA_MEMORY", 8ll << 30)));
    memory().set_alignment(static_cast<size_t>(environment("SIMCUDA_ALIGNMENT", 256)));
    set_host_threads(static_cast<unsigned>(environment("SIMCUDA_THREADS", std::thread::hardware_concurrency())));
    drops_launches = environment("SIMCUDA_LAUNCH", 1) == 0;
    settings.fail_allocation = environment("SIMCUDA_FAIL_ALLOCATION", 0);
    settings.fail_launch = environment("SIMCUDA_FAIL_LAUNCH", 0);
    settings.refuse_launch = environment("SIMCUDA_REFUSE_LAUNCH", 0);
    settings.lose_device = environment("SIMCUDA_DEVICE_LOST", 0);
}

int Settings::shared_optin() const {
    switch (major * 10 + minor) {
    case 75: return 64 * 1024;
    case 80: case 87: return 163 * 1024;
    case 86: case 89: case 120: return 99 * 1024;
    case 90: case 100: return 227 * 1024;
    default: return 48 * 1024;
    }
}

int Driver::enter() {
    if (!initialized) {
        return status::not_initialized;
    }
    if (in_callback) {
        return status::not_permitted;
    }
    if (is_due(settings.lose_device)) {
        lost = true;
        note("the device is lost, as asked for");
    }
    if (lost) {
        return status::device_unavailable;
    }
    if (current_context == nullptr || current_context->retained == 0) {
        return status::invalid_context;
    }
    return sticky;
}

void Driver::note(const std::string& text) {
    message = text;
    fprintf(stderr, "simcuda: %s\n", text.c_str());
}

void Driver::fail(const Fault& fault) {
    if (sticky == 0) {
        sticky = fault.status;
        note(fault.message);
    }
}

int Driver::synchronize() {
    counters.synchronizations++;
    drain_all();
    return sticky;
}

// What the release of the last reference to a primary context does.
void Driver::reset_device() {
    drain_all();
    for (Stream* stream : streams) {
        delete stream;
    }
    streams.clear();
    legacy.capture = nullptr;
    std::string report;
    if (memory().check(report) != 0) {
        note(report);
    }
    memory().free_all();
    for (void* each : events) {
        delete static_cast<Event*>(each);
    }
    for (void* each : graphs) {
        delete static_cast<Graph*>(each);
    }
    for (void* each : executables) {
        delete static_cast<GraphExec*>(each);
    }
    for (void* each : modules) {
        delete static_cast<Module*>(each);
    }
    events.clear();
    graphs.clear();
    executables.clear();
    modules.clear();
    retired.clear();
    functions.clear();
    for (Pool* pool : pools) {
        delete pool;
    }
    pools.clear();
    sticky = 0;
}

Stream* Driver::stream(void* handle) {
    if (reinterpret_cast<uintptr_t>(handle) <= 2) { // null, legacy, per-thread
        return &legacy;
    }
    for (Stream* each : streams) {
        if (each == handle) {
            return each;
        }
    }
    return nullptr;
}

bool is_due(long long& countdown) { return countdown > 0 && --countdown == 0; }
} // namespace sim
