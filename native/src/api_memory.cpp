// Memory: allocation, copies, fills, pinned host memory.
#include <cstring>
#include "driver.h"

using namespace sim;

namespace {
std::string hex(uintptr_t address) {
    char text[32];
    snprintf(text, sizeof text, "0x%zx", static_cast<size_t>(address));
    return text;
}

// A device range must lie in one allocation; a real driver checks this for copies too.
int check_device_range(const char* call, uintptr_t address, size_t bytes) {
    if (bytes == 0 || memory().is_range(address, bytes)) {
        return status::success;
    }
    driver().note(std::string(call) + " of " + std::to_string(bytes) + " bytes at " + memory().describe(address));
    return status::invalid_value;
}

int check_host_range(const char* call, const void* address, size_t bytes) {
    const Allocation* allocation = memory().find(reinterpret_cast<uintptr_t>(address));
    if (allocation != nullptr && !allocation->pinned) {
        driver().note(std::string(call) + ": expected a host address, got device memory at " + hex(reinterpret_cast<uintptr_t>(address)));
        return status::invalid_value;
    }
    if (allocation != nullptr && !allocation->holds(reinterpret_cast<uintptr_t>(address), bytes)) {
        driver().note(std::string(call) + " of " + std::to_string(bytes) + " bytes at " + memory().describe(reinterpret_cast<uintptr_t>(address)));
        return status::invalid_value;
    }
    return address == nullptr && bytes != 0 ? status::invalid_value : status::success;
}

int copy(void* to, const void* from, size_t bytes, Stream& stream, bool wait) {
    driver().counters.copies++;
    if (bytes == 0) {
        return status::success;
    }
    if (int status = issue(stream, std::make_shared<CopyWork>(to, from, bytes))) {
        return status;
    }
    if (wait && stream.capture == nullptr) {
        drain(stream);
        return driver().sticky;
    }
    return status::success;
}

// A synchronous copy is in the order of the legacy default stream: it does not wait for non-blocking streams.
int copy_now(void* to, const void* from, size_t bytes) {
    if (int status = refuse_if_capturing()) {
        return status;
    }
    return copy(to, from, bytes, driver().legacy, true);
}

// The driver stages pageable memory itself, so such a copy has left, or reached, host memory when the call returns.
bool is_pageable(const void* host) { return memory().find(reinterpret_cast<uintptr_t>(host)) == nullptr; }

int fill(uintptr_t address, uint32_t value, unsigned width, size_t count, Stream* stream) {
    driver().counters.fills++;
    if (stream == nullptr) {
        return status::invalid_handle;
    }
    if (count == 0) {
        return status::success;
    }
    if (address % width != 0) {
        return status::invalid_value;
    }
    if (int status = check_device_range("cuMemset", address, count * width)) {
        return status;
    }
    return issue(*stream, std::make_shared<FillWork>(reinterpret_cast<void*>(address), value, width, count));
}
} // namespace

SIM_EXPORT int cuMemGetInfo_v2(size_t* free, size_t* total) {
    SIM_ENTER();
    *total = memory().capacity();
    *free = memory().capacity() - memory().used();
    return status::success;
}

SIM_EXPORT int cuMemAlloc_v2(uintptr_t* address, size_t bytes) {
    SIM_ENTER();
    if (int status = refuse_if_capturing()) {
        return status;
    }
    if (bytes == 0) {
        return status::invalid_value;
    }
    driver().counters.allocations++;
    char* start = is_due(driver().settings.fail_allocation) ? nullptr : memory().allocate(bytes, -1);
    *address = reinterpret_cast<uintptr_t>(start);
    return start == nullptr ? status::out_of_memory : status::success;
}

SIM_EXPORT int cuMemFree_v2(uintptr_t address) {
    SIM_ENTER();
    if (int status = refuse_if_capturing()) {
        return status;
    }
    if (address == 0) {
        return status::success;
    }
    driver().counters.frees++;
    drain_all();
    std::string message;
    int status = memory().free(address, false, message);
    if (status == status::illegal_address) {
        driver().fail({status, message});
    } else if (status != 0) {
        driver().note(message);
    }
    return status;
}

SIM_EXPORT int cuMemGetAddressRange_v2(uintptr_t* base, size_t* bytes, uintptr_t address) {
    SIM_ENTER();
    const Allocation* allocation = memory().find(address);
    if (allocation == nullptr) {
        return status::not_found;
    }
    if (base != nullptr) {
        *base = reinterpret_cast<uintptr_t>(allocation->start);
    }
    if (bytes != nullptr) {
        *bytes = allocation->bytes;
    }
    return status::success;
}

SIM_EXPORT int cuMemHostAlloc(void** memory_out, size_t bytes, unsigned) {
    SIM_ENTER();
    if (int status = refuse_if_capturing()) {
        return status;
    }
    if (bytes == 0) {
        return status::invalid_value;
    }
    *memory_out = memory().allocate_pinned(bytes);
    return *memory_out == nullptr ? status::out_of_memory : status::success;
}

SIM_EXPORT int cuMemAllocHost_v2(void** memory_out, size_t bytes) { return cuMemHostAlloc(memory_out, bytes, 0); }

static int free_host(void* start) {
    drain_all();
    std::string message;
    int status = memory().free(reinterpret_cast<uintptr_t>(start), true, message);
    if (status == status::illegal_address) {
        driver().fail({status, message});
    } else if (status != 0) {
        driver().note(message);
    }
    return status;
}

SIM_EXPORT int cuMemFreeHost(void* start) {
    SIM_ENTER();
    if (int status = refuse_if_capturing()) {
        return status;
    }
    return free_host(start);
}

SIM_EXPORT int cuMemHostRegister_v2(void* start, size_t bytes, unsigned) {
    SIM_ENTER();
    if (memory().find(reinterpret_cast<uintptr_t>(start)) != nullptr || bytes == 0) {
        return status::invalid_value;
    }
    memory().register_host(static_cast<char*>(start), bytes);
    return status::success;
}

SIM_EXPORT int cuMemHostUnregister(void* start) {
    SIM_ENTER();
    return free_host(start);
}

SIM_EXPORT int cuMemHostGetDevicePointer_v2(uintptr_t* address, void* start, unsigned) {
    SIM_ENTER();
    *address = reinterpret_cast<uintptr_t>(start);
    return memory().find(*address) == nullptr ? status::invalid_value : status::success;
}

SIM_EXPORT int cuPointerGetAttribute(void* data, int attribute, uintptr_t address) {
    SIM_ENTER();
    const Allocation* allocation = memory().find(address);
    if (allocation == nullptr) {
        return status::invalid_value;
    }
    switch (attribute) {
    case 1: *static_cast<void**>(data) = current_context; return status::success;
    case 2: *static_cast<unsigned*>(data) = allocation->pinned ? 1 : 2; return status::success;
    case 3: case 4: *static_cast<uintptr_t*>(data) = address; return status::success;
    case 9: *static_cast<int*>(data) = current_context->device; return status::success;
    case 11: *static_cast<void**>(data) = allocation->start; return status::success;
    case 12: *static_cast<size_t*>(data) = allocation->bytes; return status::success;
    default: return status::not_supported;
    }
}

SIM_EXPORT int cuMemcpyHtoD_v2(uintptr_t to, const void* from, size_t bytes) {
    SIM_ENTER();
    if (int status = check_device_range("cuMemcpyHtoD", to, bytes)) {
        return status;
    }
    if (int status = check_host_range("cuMemcpyHtoD", from, bytes)) {
        return status;
    }
    return copy_now(reinterpret_cast<void*>(to), from, bytes);
}

SIM_EXPORT int cuMemcpyDtoH_v2(void* to, uintptr_t from, size_t bytes) {
    SIM_ENTER();
    if (int status = check_device_range("cuMemcpyDtoH", from, bytes)) {
        return status;
    }
    if (int status = check_host_range("cuMemcpyDtoH", to, bytes)) {
        return status;
    }
    return copy_now(to, reinterpret_cast<const void*>(from), bytes);
}

SIM_EXPORT int cuMemcpyDtoD_v2(uintptr_t to, uintptr_t from, size_t bytes) {
    SIM_ENTER();
    if (int status = check_device_range("cuMemcpyDtoD", to, bytes)) {
        return status;
    }
    if (int status = check_device_range("cuMemcpyDtoD", from, bytes)) {
        return status;
    }
    return copy_now(reinterpret_cast<void*>(to), reinterpret_cast<const void*>(from), bytes);
}

SIM_EXPORT int cuMemcpyHtoDAsync_v2(uintptr_t to, const void* from, size_t bytes, void* handle) {
    SIM_ENTER();
    Stream* stream = driver().stream(handle);
    if (stream == nullptr) {
        return status::invalid_handle;
    }
    if (int status = check_device_range("cuMemcpyHtoDAsync", to, bytes)) {
        return status;
    }
    if (int status = check_host_range("cuMemcpyHtoDAsync", from, bytes)) {
        return status;
    }
    return copy(reinterpret_cast<void*>(to), from, bytes, *stream, is_pageable(from));
}

SIM_EXPORT int cuMemcpyDtoHAsync_v2(void* to, uintptr_t from, size_t bytes, void* handle) {
    SIM_ENTER();
    Stream* stream = driver().stream(handle);
    if (stream == nullptr) {
        return status::invalid_handle;
    }
    if (int status = check_device_range("cuMemcpyDtoHAsync", from, bytes)) {
        return status;
    }
    if (int status = check_host_range("cuMemcpyDtoHAsync", to, bytes)) {
        return status;
    }
    return copy(to, reinterpret_cast<const void*>(from), bytes, *stream, is_pageable(to));
}

SIM_EXPORT int cuMemcpyDtoDAsync_v2(uintptr_t to, uintptr_t from, size_t bytes, void* handle) {
    SIM_ENTER();
    Stream* stream = driver().stream(handle);
    if (stream == nullptr) {
        return status::invalid_handle;
    }
    if (int status = check_device_range("cuMemcpyDtoDAsync", to, bytes)) {
        return status;
    }
    if (int status = check_device_range("cuMemcpyDtoDAsync", from, bytes)) {
        return status;
    }
    return copy(reinterpret_cast<void*>(to), reinterpret_cast<const void*>(from), bytes, *stream, false);
}

// Directions by the addresses, which are unified.
SIM_EXPORT int cuMemcpyAsync(uintptr_t to, uintptr_t from, size_t bytes, void* handle) {
    SIM_ENTER();
    Stream* stream = driver().stream(handle);
    if (stream == nullptr) {
        return status::invalid_handle;
    }
    bool pageable = is_pageable(reinterpret_cast<void*>(to)) || is_pageable(reinterpret_cast<void*>(from));
    return copy(reinterpret_cast<void*>(to), reinterpret_cast<const void*>(from), bytes, *stream, pageable);
}

SIM_EXPORT int cuMemcpy(uintptr_t to, uintptr_t from, size_t bytes) {
    SIM_ENTER();
    return copy_now(reinterpret_cast<void*>(to), reinterpret_cast<const void*>(from), bytes);
}

#define SIM_MEMSET(bits, T)                                                                                          \
    SIM_EXPORT int cuMemsetD##bits##Async(uintptr_t address, T value, size_t count, void* stream) {                  \
        SIM_ENTER();                                                                                                 \
        return fill(address, value, bits / 8, count, driver().stream(stream));                                       \
    }                                                                                                                \
    SIM_EXPORT int cuMemsetD##bits##_v2(uintptr_t address, T value, size_t count) {                                  \
        SIM_ENTER();                                                                                                 \
        if (int status = refuse_if_capturing()) {                                                                    \
            return status;                                                                                           \
        }                                                                                                            \
        return fill(address, value, bits / 8, count, &driver().legacy);                                              \
    }
SIM_MEMSET(8, unsigned char)
SIM_MEMSET(16, unsigned short)
SIM_MEMSET(32, unsigned)
