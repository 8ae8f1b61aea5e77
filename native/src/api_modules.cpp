// Modules, functions, launches.
#include <algorithm>
#include <cstring>
#include "driver.h"

using namespace sim;

namespace {
constexpr unsigned max_threads = 1024;

// Newest PTX that a driver of a CUDA version reads: 7.x came with CUDA 11, 8.x with 12, 9.x with 13.
int newest_ptx(int driver_version) {
    int major = driver_version / 1000;
    return (major - 4) * 10 + (driver_version % 1000) / 10;
}

int check_target(const Module& module) {
    const Settings& settings = driver().settings;
    int compute = settings.major * 10 + settings.minor;
    if (module.ptx_version > newest_ptx(settings.driver_version)) {
        return status::unsupported_ptx_version;
    }
    if (module.target > compute || (module.specific && module.target != compute)) {
        driver().note("PTX for sm_" + std::to_string(module.target) + (module.specific ? "a" : "") + " does not run on compute capability " +
                      std::to_string(settings.major) + "." + std::to_string(settings.minor));
        return status::invalid_ptx;
    }
    return status::success;
}

int launch(void* handle, uint3 grid, uint3 block, unsigned shared_bytes, void* stream_handle, void** arguments) {
    if (driver().functions.count(handle) == 0) {
        return status::invalid_handle;
    }
    Stream* stream = driver().stream(stream_handle);
    if (stream == nullptr) {
        return status::invalid_handle;
    }
    const Function& function = *static_cast<Function*>(handle);
    uint64_t threads = static_cast<uint64_t>(block.x) * block.y * block.z;
    bool fits = grid.x > 0 && grid.y > 0 && grid.z > 0 && grid.x <= 2147483647u && grid.y <= 65535 && grid.z <= 65535 && threads > 0 &&
                threads <= max_threads && block.z <= 64;
    if (!fits || (arguments == nullptr && function.entry->count != 0)) {
        return status::invalid_value;
    }
    if (threads > function.ptx.max_threads) {
        driver().note("launch of " + function.name + " with " + std::to_string(threads) + " threads per block: its launch bound is " +
                      std::to_string(function.ptx.max_threads));
        return status::launch_out_of_resources;
    }
    if (shared_bytes > function.max_dynamic_shared) {
        driver().note("launch of " + function.name + " with " + std::to_string(shared_bytes) + " bytes of dynamic shared memory: at most " +
                      std::to_string(function.max_dynamic_shared) + " unless cuFuncSetAttribute raises it");
        return status::invalid_value;
    }
    if (is_due(driver().settings.refuse_launch)) {
        return status::launch_out_of_resources;
    }
    driver().launches.fetch_add(1, std::memory_order_relaxed);
    bool fails = is_due(driver().settings.fail_launch);
    return issue(*stream, std::make_shared<KernelWork>(function, grid, block, shared_bytes, arguments, fails));
}
} // namespace

SIM_EXPORT int cuModuleLoadDataEx(void** handle, const void* image, unsigned, int*, void**) {
    SIM_ENTER();
    const char* text = static_cast<const char*>(image);
    if (memcmp(text, "\177ELF", 4) == 0) {
        driver().note("a cubin cannot run here, only PTX can be matched with host kernels");
        return status::no_binary_for_gpu;
    }
    std::string message;
    std::unique_ptr<Module> module = parse_ptx(text, message);
    if (module == nullptr) {
        driver().note(message);
        return status::invalid_ptx;
    }
    if (int status = check_target(*module)) {
        return status;
    }
    *handle = module.release();
    driver().modules.insert(*handle);
    return status::success;
}

SIM_EXPORT int cuModuleLoadData(void** handle, const void* image) { return cuModuleLoadDataEx(handle, image, 0, nullptr, nullptr); }

SIM_EXPORT int cuModuleUnload(void* handle) {
    SIM_ENTER();
    if (driver().modules.erase(handle) == 0) {
        return status::invalid_handle;
    }
    drain_all();
    Module* module = static_cast<Module*>(handle);
    for (const auto& entry : module->functions) {
        driver().functions.erase(entry.second.get());
    }
    driver().retired.emplace_back(module);
    return status::success;
}

SIM_EXPORT int cuModuleGetFunction(void** handle, void* module, const char* name) {
    SIM_ENTER();
    if (driver().modules.count(module) == 0) {
        return status::invalid_handle;
    }
    Function* function = nullptr;
    std::string message;
    int status = static_cast<Module*>(module)->find(name, &function, message);
    if (status != 0) {
        if (!message.empty()) {
            driver().note(message);
        }
        return status;
    }
    driver().functions.insert(function);
    *handle = function;
    return status::success;
}

SIM_EXPORT int cuModuleGetGlobal_v2(uintptr_t*, size_t*, void*, const char*) {
    SIM_ENTER();
    return status::not_found; // kernels here have no global variables
}

SIM_EXPORT int cuFuncGetAttribute(int* value, int attribute, void* handle) {
    SIM_ENTER();
    if (driver().functions.count(handle) == 0) {
        return status::invalid_handle;
    }
    const Function& function = *static_cast<Function*>(handle);
    switch (attribute) {
    case 0: *value = static_cast<int>(function.ptx.max_threads); return status::success;
    case 1: *value = static_cast<int>(function.ptx.static_shared); return status::success;
    case 5: case 6: *value = driver().settings.major * 10 + driver().settings.minor; return status::success;
    case 8: *value = static_cast<int>(function.max_dynamic_shared); return status::success;
    case 2: case 3: case 4: case 7: case 9: *value = 0; return status::success;
    default: return status::invalid_value;
    }
}

SIM_EXPORT int cuFuncSetAttribute(void* handle, int attribute, int value) {
    SIM_ENTER();
    if (driver().functions.count(handle) == 0) {
        return status::invalid_handle;
    }
    Function& function = *static_cast<Function*>(handle);
    if (attribute == 9) { // preferred carve-out: a hint
        return status::success;
    }
    if (attribute != 8 || value < 0 || value + static_cast<int>(function.ptx.static_shared) > driver().settings.shared_optin()) {
        return status::invalid_value;
    }
    function.max_dynamic_shared = static_cast<unsigned>(value);
    return status::success;
}

SIM_EXPORT int cuFuncSetCacheConfig(void*, int) { return status::success; }
SIM_EXPORT int cuFuncSetSharedMemConfig(void*, int) { return status::success; }
SIM_EXPORT int cuFuncLoad(void*) { return status::success; }

SIM_EXPORT int cuFuncGetName(const char** name, void* handle) {
    SIM_ENTER();
    if (driver().functions.count(handle) == 0) {
        return status::invalid_handle;
    }
    *name = static_cast<Function*>(handle)->name.c_str();
    return status::success;
}

SIM_EXPORT int cuFuncGetParamInfo(void* handle, size_t index, size_t* offset, size_t* bytes) {
    SIM_ENTER();
    if (driver().functions.count(handle) == 0) {
        return status::invalid_handle;
    }
    const std::vector<unsigned>& sizes = static_cast<Function*>(handle)->ptx.parameter_bytes;
    if (index >= sizes.size()) {
        return status::invalid_value;
    }
    size_t at = 0;
    for (size_t i = 0; i < index; i++) {
        size_t alignment = std::min<size_t>(8, sizes[i + 1]);
        at = (at + sizes[i] + alignment - 1) / alignment * alignment;
    }
    *offset = at;
    if (bytes != nullptr) {
        *bytes = sizes[index];
    }
    return status::success;
}

SIM_EXPORT int cuLaunchKernel(void* function, unsigned grid_x, unsigned grid_y, unsigned grid_z, unsigned block_x, unsigned block_y,
                              unsigned block_z, unsigned shared_bytes, void* stream, void** arguments, void** extra) {
    if (driver().drops_launches.load(std::memory_order_relaxed)) {
        driver().launches.fetch_add(1, std::memory_order_relaxed);
        return status::success;
    }
    SIM_ENTER();
    if (extra != nullptr) {
        return status::not_supported;
    }
    return launch(function, {grid_x, grid_y, grid_z}, {block_x, block_y, block_z}, shared_bytes, stream, arguments);
}

namespace {
struct LaunchConfiguration { // CUlaunchConfig
    unsigned grid[3];
    unsigned block[3];
    unsigned shared_bytes;
    void* stream;
    void* attributes;
    unsigned attribute_count;
};
} // namespace

SIM_EXPORT int cuLaunchKernelEx(const void* configuration, void* function, void** arguments, void** extra) {
    SIM_ENTER();
    const LaunchConfiguration& c = *static_cast<const LaunchConfiguration*>(configuration);
    if (extra != nullptr || c.attribute_count != 0) {
        return status::not_supported;
    }
    return launch(function, {c.grid[0], c.grid[1], c.grid[2]}, {c.block[0], c.block[1], c.block[2]}, c.shared_bytes, c.stream, arguments);
}

// By threads and shared memory alone: the simulated device has no registers.
SIM_EXPORT int cuOccupancyMaxActiveBlocksPerMultiprocessorWithFlags(int* blocks, void* handle, int threads, size_t shared_bytes, unsigned) {
    SIM_ENTER();
    if (driver().functions.count(handle) == 0 || threads < 1) {
        return status::invalid_value;
    }
    size_t bytes = shared_bytes + static_cast<Function*>(handle)->ptx.static_shared;
    size_t by_memory = bytes == 0 ? 32 : static_cast<size_t>(driver().settings.shared_optin()) / bytes;
    *blocks = static_cast<int>(std::min<size_t>(by_memory, std::min(32, 2048 / threads)));
    return status::success;
}

SIM_EXPORT int cuOccupancyMaxActiveBlocksPerMultiprocessor(int* blocks, void* handle, int threads, size_t shared_bytes) {
    return cuOccupancyMaxActiveBlocksPerMultiprocessorWithFlags(blocks, handle, threads, shared_bytes, 0);
}
