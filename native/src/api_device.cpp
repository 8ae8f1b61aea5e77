// Initialisation, devices, contexts.
#include <dlfcn.h>
#include <cstdio>
#include <cstring>
#include "driver.h"
#include "faults.h"
#include "grid.h"

using namespace sim;

SIM_EXPORT int cuInit(unsigned flags) {
    Lock lock(driver().lock);
    if (flags != 0) {
        return status::invalid_value;
    }
    if (driver().settings.devices < 1) {
        return status::no_device;
    }
    install_fault_handlers();
    driver().initialized = true;
    return status::success;
}

SIM_EXPORT int cuDriverGetVersion(int* version) {
    *version = driver().settings.driver_version;
    return status::success;
}

SIM_EXPORT int cuGetErrorName(int error, const char** name) {
    *name = status::name(error);
    return *name == nullptr ? status::invalid_value : status::success;
}

SIM_EXPORT int cuGetErrorString(int error, const char** text) {
    *text = status::text(error);
    return *text == nullptr ? status::invalid_value : status::success;
}

// Newest version of a function first, as a current toolkit's headers map the names.
SIM_EXPORT int cuGetProcAddress_v2(const char* symbol, void** function, int, uint64_t, int* query) {
    Dl_info self{};
    dladdr(reinterpret_cast<void*>(&cuInit), &self);
    void* library = dlopen(self.dli_fname, RTLD_NOW | RTLD_NOLOAD);
    *function = nullptr;
    for (const char* suffix : {"_v4", "_v3", "_v2", ""}) {
        if (*function == nullptr && library != nullptr) {
            *function = dlsym(library, (std::string(symbol) + suffix).c_str());
        }
    }
    if (query != nullptr) {
        *query = *function == nullptr ? 1 : 0;
    }
    return *function == nullptr ? status::not_found : status::success;
}

static int check_device(int device) {
    if (!driver().initialized) {
        return status::not_initialized;
    }
    return device < 0 || device >= driver().settings.devices ? status::invalid_device : status::success;
}

SIM_EXPORT int cuDeviceGetCount(int* count) {
    *count = driver().settings.devices;
    return driver().initialized ? status::success : status::not_initialized;
}

SIM_EXPORT int cuDeviceGet(int* device, int ordinal) {
    *device = ordinal;
    return check_device(ordinal);
}

SIM_EXPORT int cuDeviceGetName(char* name, int length, int device) {
    snprintf(name, static_cast<size_t>(length), "Simulated CUDA device (host threads: %u)", host_threads());
    return check_device(device);
}

SIM_EXPORT int cuDeviceTotalMem_v2(size_t* bytes, int device) {
    *bytes = memory().capacity();
    return check_device(device);
}

SIM_EXPORT int cuDeviceGetUuid_v2(void* uuid, int device) {
    memset(uuid, 0, 16);
    snprintf(static_cast<char*>(uuid), 16, "simcuda %d", device);
    return check_device(device);
}

SIM_EXPORT int cuDeviceGetUuid(void* uuid, int device) { return cuDeviceGetUuid_v2(uuid, device); }

SIM_EXPORT int cuDeviceGetPCIBusId(char* id, int length, int device) {
    snprintf(id, static_cast<size_t>(length), "0000:%02x:00.0", device);
    return check_device(device);
}

SIM_EXPORT int cuDeviceComputeCapability(int* major, int* minor, int device) {
    *major = driver().settings.major;
    *minor = driver().settings.minor;
    return check_device(device);
}

SIM_EXPORT int cuDeviceGetAttribute(int* value, int attribute, int device) {
    const Settings& settings = driver().settings;
    switch (attribute) {
    case 1: case 2: case 3: *value = 1024; break; // threads per block, block dimensions
    case 4: *value = 64; break;
    case 5: *value = 2147483647; break; // grid dimensions
    case 6: case 7: *value = 65535; break;
    case 8: *value = 48 * 1024; break; // shared memory per block
    case 9: *value = 64 * 1024; break;
    case 10: *value = 32; break; // warp
    case 11: *value = 2147483647; break; // pitch
    case 12: case 82: *value = 65536; break; // registers
    case 13: *value = 1000000; break; // kHz
    case 14: *value = 512; break;
    case 16: *value = 8; break; // multiprocessors
    case 19: case 31: case 41: *value = 1; break; // maps host memory, concurrent kernels, unified addresses
    case 36: *value = 1000000; break;
    case 37: *value = 64; break;
    case 38: *value = 1 << 20; break; // L2
    case 39: *value = 2048; break; // threads per multiprocessor
    case 40: *value = 2; break;
    case 75: *value = settings.major; break;
    case 76: *value = settings.minor; break;
    case 81: *value = settings.shared_optin() + 1024; break;
    case 97: *value = settings.shared_optin(); break;
    case 106: *value = 32; break; // blocks per multiprocessor
    case 111: *value = 1024; break; // reserved shared memory
    case 115: *value = 1; break; // memory pools
    default: *value = 0; break;
    }
    return check_device(device);
}

SIM_EXPORT int cuDevicePrimaryCtxRetain(void** context, int device) {
    Lock lock(driver().lock);
    if (int status = check_device(device)) {
        return status;
    }
    if (driver().lost) {
        return status::device_unavailable;
    }
    Context& primary = driver().contexts[static_cast<size_t>(device)];
    primary.retained++;
    *context = &primary;
    return status::success;
}

SIM_EXPORT int cuDevicePrimaryCtxRelease_v2(int device) {
    Lock lock(driver().lock);
    if (int status = check_device(device)) {
        return status;
    }
    Context& primary = driver().contexts[static_cast<size_t>(device)];
    if (primary.retained == 0) {
        return status::invalid_context;
    }
    primary.retained--;
    for (const Context& each : driver().contexts) {
        if (each.retained != 0) {
            return status::success;
        }
    }
    driver().reset_device();
    return status::success;
}

SIM_EXPORT int cuDevicePrimaryCtxRelease(int device) { return cuDevicePrimaryCtxRelease_v2(device); }

SIM_EXPORT int cuDevicePrimaryCtxReset_v2(int device) {
    Lock lock(driver().lock);
    if (int status = check_device(device)) {
        return status;
    }
    driver().reset_device();
    return status::success;
}

SIM_EXPORT int cuDevicePrimaryCtxGetState(int device, unsigned* flags, int* active) {
    if (int status = check_device(device)) {
        return status;
    }
    *flags = driver().contexts[static_cast<size_t>(device)].flags;
    *active = driver().contexts[static_cast<size_t>(device)].retained > 0;
    return status::success;
}

SIM_EXPORT int cuDevicePrimaryCtxSetFlags_v2(int device, unsigned flags) {
    if (int status = check_device(device)) {
        return status;
    }
    driver().contexts[static_cast<size_t>(device)].flags = flags;
    return status::success;
}

SIM_EXPORT int cuCtxSetCurrent(void* context) {
    if (!driver().initialized) {
        return status::not_initialized;
    }
    current_context = static_cast<Context*>(context);
    return status::success;
}

SIM_EXPORT int cuCtxGetCurrent(void** context) {
    *context = current_context;
    return driver().initialized ? status::success : status::not_initialized;
}

SIM_EXPORT int cuCtxPushCurrent_v2(void* context) { return cuCtxSetCurrent(context); }

SIM_EXPORT int cuCtxPopCurrent_v2(void** context) {
    *context = current_context;
    current_context = nullptr;
    return status::success;
}

SIM_EXPORT int cuCtxGetDevice(int* device) {
    if (current_context == nullptr) {
        return status::invalid_context;
    }
    *device = current_context->device;
    return status::success;
}

SIM_EXPORT int cuCtxGetApiVersion(void*, unsigned* version) {
    *version = 3020;
    return status::success;
}

SIM_EXPORT int cuCtxSynchronize() {
    SIM_ENTER();
    if (int status = refuse_if_capturing()) {
        return status;
    }
    return driver().synchronize();
}

SIM_EXPORT int cuCtxGetLimit(size_t* value, int) {
    *value = Stack::bytes;
    return status::success;
}

SIM_EXPORT int cuCtxSetLimit(int, size_t) { return status::success; }
SIM_EXPORT int cuCtxSetCacheConfig(int) { return status::success; }

SIM_EXPORT int cuCtxGetStreamPriorityRange(int* least, int* greatest) {
    *least = 0;
    *greatest = -5;
    return status::success;
}
