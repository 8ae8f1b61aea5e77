// Stream-ordered memory pools.
#include <algorithm>
#include <cstring>
#include "driver.h"

using namespace sim;

namespace {
Pool* pool_of(void* handle) {
    for (Pool* pool : driver().pools) {
        if (pool == handle) {
            return pool;
        }
    }
    return nullptr;
}

Pool* default_pool() {
    if (driver().pools.empty()) {
        driver().pools.push_back(new Pool);
    }
    return driver().pools.front();
}

// Memory that was freed counts as reserved as far as the threshold lets the pool keep it.
void settle(Pool& pool) {
    size_t used = memory().pool_used(pool.number);
    pool.reserved = std::max(used, static_cast<size_t>(std::min<uint64_t>(pool.reserved, pool.release_threshold)));
    pool.high_used = std::max(pool.high_used, used);
    pool.high_reserved = std::max(pool.high_reserved, pool.reserved);
}

int allocate(uintptr_t* address, size_t bytes, Pool& pool, void* handle) {
    Stream* stream = driver().stream(handle);
    if (stream == nullptr) {
        return status::invalid_handle;
    }
    if (bytes == 0) {
        return status::invalid_value;
    }
    if (stream->capture != nullptr) {
        stream->capture->invalid = true;
        driver().note("stream-ordered allocation while capturing: a real driver makes a graph node of it, this one does not");
        return status::not_supported;
    }
    driver().counters.allocations++;
    if (is_due(driver().settings.fail_allocation)) {
        return status::out_of_memory;
    }
    char* start = nullptr;
    for (int attempt = 0; attempt < 2 && start == nullptr; attempt++) {
        if (attempt == 1) {
            drain_all(); // frees that still wait in a stream
        }
        if (pool.limit == 0 || memory().pool_used(pool.number) + bytes <= pool.limit) {
            start = memory().allocate(bytes, pool.number);
        }
    }
    *address = reinterpret_cast<uintptr_t>(start);
    settle(pool);
    return start == nullptr ? status::out_of_memory : status::success;
}
} // namespace

SIM_EXPORT int cuDeviceGetDefaultMemPool(void** pool, int) {
    SIM_ENTER();
    *pool = default_pool();
    return status::success;
}

SIM_EXPORT int cuDeviceGetMemPool(void** pool, int device) { return cuDeviceGetDefaultMemPool(pool, device); }

// CUmemPoolProps: type, handle types, location (2 ints), a pointer, the largest size.
SIM_EXPORT int cuMemPoolCreate(void** pool, const void* properties) {
    SIM_ENTER();
    default_pool();
    Pool* made = new Pool;
    static int number = 0;
    made->number = ++number;
    memcpy(&made->limit, static_cast<const char*>(properties) + 24, sizeof made->limit);
    driver().pools.push_back(made);
    *pool = made;
    return status::success;
}

SIM_EXPORT int cuMemPoolDestroy(void* handle) {
    SIM_ENTER();
    Pool* pool = pool_of(handle);
    if (pool == nullptr || pool == default_pool()) {
        return status::invalid_value;
    }
    auto& pools = driver().pools;
    pools.erase(std::find(pools.begin(), pools.end(), pool));
    delete pool;
    return status::success;
}

SIM_EXPORT int cuMemPoolTrimTo(void* handle, size_t keep) {
    SIM_ENTER();
    Pool* pool = pool_of(handle);
    if (pool == nullptr) {
        return status::invalid_value;
    }
    pool->reserved = std::max(memory().pool_used(pool->number), std::min(keep, pool->reserved));
    return status::success;
}

SIM_EXPORT int cuMemPoolSetAttribute(void* handle, int attribute, void* value) {
    SIM_ENTER();
    Pool* pool = pool_of(handle);
    if (pool == nullptr) {
        return status::invalid_value;
    }
    switch (attribute) {
    case 1: case 2: case 3: pool->reuse[attribute - 1] = *static_cast<int*>(value); break;
    case 4: pool->release_threshold = *static_cast<uint64_t*>(value); break;
    case 6: pool->high_reserved = pool->reserved; break;
    case 8: pool->high_used = memory().pool_used(pool->number); break;
    default: return status::invalid_value;
    }
    settle(*pool);
    return status::success;
}

SIM_EXPORT int cuMemPoolGetAttribute(void* handle, int attribute, void* value) {
    SIM_ENTER();
    Pool* pool = pool_of(handle);
    if (pool == nullptr) {
        return status::invalid_value;
    }
    settle(*pool);
    uint64_t& number = *static_cast<uint64_t*>(value);
    switch (attribute) {
    case 1: case 2: case 3: *static_cast<int*>(value) = pool->reuse[attribute - 1]; break;
    case 4: number = pool->release_threshold; break;
    case 5: number = pool->reserved; break;
    case 6: number = pool->high_reserved; break;
    case 7: number = memory().pool_used(pool->number); break;
    case 8: number = pool->high_used; break;
    default: return status::invalid_value;
    }
    return status::success;
}

SIM_EXPORT int cuMemAllocFromPoolAsync(uintptr_t* address, size_t bytes, void* handle, void* stream) {
    SIM_ENTER();
    Pool* pool = pool_of(handle);
    return pool == nullptr ? status::invalid_value : allocate(address, bytes, *pool, stream);
}

SIM_EXPORT int cuMemAllocAsync(uintptr_t* address, size_t bytes, void* stream) {
    SIM_ENTER();
    return allocate(address, bytes, *default_pool(), stream);
}

SIM_EXPORT int cuMemFreeAsync(uintptr_t address, void* handle) {
    SIM_ENTER();
    Stream* stream = driver().stream(handle);
    if (stream == nullptr) {
        return status::invalid_handle;
    }
    driver().counters.frees++;
    const Allocation* allocation = memory().find(address);
    if (allocation == nullptr || reinterpret_cast<uintptr_t>(allocation->start) != address || allocation->pinned) {
        driver().note("cuMemFreeAsync of " + memory().describe(address) + ", which is not the start of a live allocation");
        return status::invalid_value;
    }
    return issue(*stream, std::make_shared<FreeWork>(address));
}
