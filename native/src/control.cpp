// The part of simcuda.h: work of library doubles, and what tests switch, count and ask.
#include "simcuda.h"
#include <cstring>
#include <map>
#include "driver.h"
#include "grid.h"

using namespace sim;

extern "C" {
int simcuda_enqueue(void* handle, const char* name, simcuda_work work, const void* context, size_t bytes) {
    SIM_ENTER();
    Stream* stream = driver().stream(handle);
    if (stream == nullptr) {
        return status::invalid_handle;
    }
    driver().counters.library_calls++;
    if (is_due(driver().settings.fail_library)) {
        return status::unknown;
    }
    return issue(*stream, std::make_shared<HostWork>(name, work, context, bytes));
}

int simcuda_is_device_range(const void* address, size_t bytes) {
    Lock lock(driver().lock);
    return memory().is_device_range(reinterpret_cast<uintptr_t>(address), bytes) ? 1 : 0;
}

int simcuda_parallel(long long count, int (*body)(long long, void*), void* context) {
    Fault fault = run_parallel(count, [=](long long index) { return Fault{body(index, context), ""}; });
    if (!fault.message.empty()) {
        driver().note(fault.message);
    }
    return fault.status;
}

int simcuda_control(const char* name, long long value) {
    Lock lock(driver().lock);
    Settings& settings = driver().settings;
    const std::map<std::string, long long*> countdowns = {{"fail-allocation", &settings.fail_allocation},
                                                          {"fail-launch", &settings.fail_launch},
                                                          {"refuse-launch", &settings.refuse_launch},
                                                          {"fail-library", &settings.fail_library},
                                                          {"device-lost", &settings.lose_device}};
    auto countdown = countdowns.find(name);
    if (countdown != countdowns.end()) {
        *countdown->second = value;
        return 0;
    }
    if (strcmp(name, "launch") == 0) {
        driver().drops_launches = value == 0;
    } else if (strcmp(name, "alignment") == 0) {
        if (value < 4 || value > 4096 || (value & (value - 1)) != 0) {
            return 1;
        }
        memory().set_alignment(static_cast<size_t>(value));
    } else if (strcmp(name, "memory") == 0) {
        memory().set_capacity(static_cast<size_t>(value));
    } else if (strcmp(name, "threads") == 0) {
        set_host_threads(static_cast<unsigned>(value));
    } else if (strcmp(name, "reset") == 0) {
        driver().apply_environment();
        driver().counters = Counters{};
        driver().launches = 0;
        driver().lost = false;
        driver().message.clear();
    } else {
        return 1;
    }
    return 0;
}

long long simcuda_counter(const char* name) {
    Lock lock(driver().lock);
    const Counters& counters = driver().counters;
    const std::map<std::string, long long> values = {
        {"launches", driver().launches.load()},
        {"library-calls", counters.library_calls},
        {"copies", counters.copies},
        {"fills", counters.fills},
        {"allocations", counters.allocations},
        {"frees", counters.frees},
        {"graph-launches", counters.graph_launches},
        {"graph-nodes", counters.graph_nodes},
        {"synchronizations", counters.synchronizations},
        {"live-allocations", static_cast<long long>(memory().live())},
        {"live-bytes", static_cast<long long>(memory().used())},
        {"live-streams", static_cast<long long>(driver().streams.size())},
        {"live-events", static_cast<long long>(driver().events.size())},
        {"live-graphs", static_cast<long long>(driver().graphs.size() + driver().executables.size())},
        {"live-modules", static_cast<long long>(driver().modules.size())}};
    auto found = values.find(name);
    return found == values.end() ? -1 : found->second;
}

int simcuda_check_memory(void) {
    Lock lock(driver().lock);
    std::string report;
    int damaged = memory().check(report);
    if (damaged != 0) {
        driver().note(report);
    }
    return damaged;
}

const char* simcuda_last_message(void) {
    Lock lock(driver().lock);
    static thread_local std::string copy;
    copy = driver().message;
    return copy.c_str();
}
}
