// Device memory in host memory: guard pages round each allocation, canaries in what is left between, NaN inside.
#pragma once
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

namespace sim {
// A live allocation. [start, start + bytes) is the caller's; region is what was mapped, guard pages included.
struct Allocation {
    char* region = nullptr;
    size_t region_bytes = 0;
    char* start = nullptr;
    size_t bytes = 0;
    bool pinned = false; // host memory
    bool foreign = false; // registered, not ours
    int owner = 0; // of pool memory: the pool's number

    bool holds(uintptr_t address, size_t count) const {
        uintptr_t begin = reinterpret_cast<uintptr_t>(start);
        return address >= begin && count <= bytes && address - begin <= bytes - count;
    }
};

class Memory {
public:
    // Start of fresh memory, or null when the device has no more or the n-th failure is due.
    char* allocate(size_t bytes, int pool);
    char* allocate_pinned(size_t bytes);
    void register_host(char* start, size_t bytes);

    // Frees what starts there; a CUresult. `message` tells of damage.
    int free(uintptr_t address, bool pinned, std::string& message);
    void free_all();

    // The allocation that address lies in, or null.
    const Allocation* find(uintptr_t address) const;
    bool is_range(uintptr_t address, size_t bytes) const;
    bool is_device_range(uintptr_t address, size_t bytes) const;
    // Puts an address into words, by the allocation that it is in or near to.
    std::string describe(uintptr_t address) const;
    // Canaries of all live allocations; the number of damaged ones, with a line about each in `report`.
    int check(std::string& report) const;

    size_t used() const { return used_; }
    size_t capacity() const { return capacity_; }
    void set_capacity(size_t bytes) { capacity_ = bytes; }
    void set_alignment(size_t bytes) { alignment_ = bytes; }
    size_t live() const { return live_; }
    size_t pool_used(int pool) const;

private:
    char* map(size_t bytes, size_t alignment, Allocation& allocation);
    std::string damage(const Allocation& allocation) const;
    void release(const Allocation& allocation);
    void forget_freed(const Allocation& allocation);

    std::map<uintptr_t, Allocation> allocations_;
    std::map<uintptr_t, size_t> freed_; // a few of the latest, for messages
    size_t used_ = 0;
    size_t live_ = 0;
    size_t capacity_ = size_t(8) << 30;
    size_t alignment_ = 256;
};

// The one device's memory; calls are made under the driver's lock, but describe() from a fault handler.
Memory& memory();
} // namespace sim
