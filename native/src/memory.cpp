#include "memory.h"
#include <sys/mman.h>
#include <unistd.h>
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include "status.h"
#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#endif

namespace sim {
namespace {
// Unlike the 0xff of fresh memory, but a NaN in every floating point type as well.
constexpr unsigned char canary[2] = {0xc3, 0xff};
constexpr size_t freed_remembered = 256;

size_t page() {
    static const size_t bytes = static_cast<size_t>(sysconf(_SC_PAGESIZE));
    return bytes;
}

unsigned char canary_at(const char* address) { return canary[reinterpret_cast<uintptr_t>(address) & 1]; }

void fill_canary(char* begin, char* end) {
    for (char* at = begin; at < end; at++) {
        *at = static_cast<char>(canary_at(at));
    }
}

const char* damaged(const char* begin, const char* end) {
    for (const char* at = begin; at < end; at++) {
        if (static_cast<unsigned char>(*at) != canary_at(at)) {
            return at;
        }
    }
    return nullptr;
}

// Large allocations share the pages of one file of 0xff until they are written: touching gigabytes would take longer than
// the tests that ask for them.
constexpr size_t shared_fill = size_t(4) << 20;

int file_of_ones() {
    static const int file = [] {
        int made = memfd_create("simcuda", MFD_CLOEXEC);
        if (made < 0 || ftruncate(made, static_cast<off_t>(shared_fill)) != 0) {
            return -1;
        }
        void* view = mmap(nullptr, shared_fill, PROT_READ | PROT_WRITE, MAP_SHARED, made, 0);
        if (view == MAP_FAILED) {
            return -1;
        }
        memset(view, 0xff, shared_fill);
        munmap(view, shared_fill);
        return made;
    }();
    return file;
}

void fill_ones(char* start, size_t bytes) {
    char* first = reinterpret_cast<char*>((reinterpret_cast<uintptr_t>(start) + page() - 1) & -page());
    char* end = start + bytes;
    int file = bytes >= 2 * shared_fill ? file_of_ones() : -1;
    if (file < 0) {
        memset(start, 0xff, bytes);
        return;
    }
    memset(start, 0xff, static_cast<size_t>(first - start));
    while (static_cast<size_t>(end - first) >= shared_fill) {
        void* mapped = mmap(first, shared_fill, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED, file, 0);
        if (mapped == MAP_FAILED) {
            break;
        }
        first += shared_fill;
    }
    memset(first, 0xff, static_cast<size_t>(end - first));
}
} // namespace

Memory& memory() {
    static Memory* instance = new Memory;
    return *instance;
}

#if defined(__SANITIZE_ADDRESS__)
// AddressSanitizer's own red zones are exact to the byte.
char* Memory::map(size_t bytes, size_t alignment, Allocation& allocation) {
    void* start = nullptr;
    if (posix_memalign(&start, std::max<size_t>(alignment, 16), bytes) != 0) {
        return nullptr;
    }
    memset(start, 0xff, bytes);
    allocation = Allocation{};
    allocation.region = static_cast<char*>(start);
    allocation.start = static_cast<char*>(start);
    allocation.region_bytes = allocation.bytes = bytes;
    return allocation.start;
}

void Memory::release(const Allocation& allocation) { ::free(allocation.region); }

std::string Memory::damage(const Allocation&) const { return ""; }
#else
// guard page | canary | the caller's bytes | canary, shorter than the alignment | guard page
char* Memory::map(size_t bytes, size_t alignment, Allocation& allocation) {
    size_t rounded = (bytes + alignment - 1) / alignment * alignment;
    size_t body = (rounded + page() - 1) & -page();
    void* region = mmap(nullptr, body + 2 * page(), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (region == MAP_FAILED) {
        return nullptr;
    }
    char* base = static_cast<char*>(region);
    char* end = base + page() + body;
    mprotect(base, page(), PROT_NONE);
    mprotect(end, page(), PROT_NONE);
    allocation = Allocation{};
    allocation.region = base;
    allocation.region_bytes = body + 2 * page();
    allocation.start = end - rounded;
    allocation.bytes = bytes;
    fill_canary(base + page(), allocation.start);
    fill_ones(allocation.start, bytes);
    fill_canary(allocation.start + bytes, end);
    return allocation.start;
}

void Memory::release(const Allocation& allocation) { munmap(allocation.region, allocation.region_bytes); }

std::string Memory::damage(const Allocation& allocation) const {
    if (allocation.foreign) {
        return "";
    }
    const char* after = allocation.start + allocation.bytes;
    const char* hit = damaged(allocation.region + page(), allocation.start);
    long distance = hit == nullptr ? 0 : static_cast<long>(hit - allocation.start);
    if (hit == nullptr) {
        hit = damaged(after, allocation.region + allocation.region_bytes - page());
        distance = hit == nullptr ? 0 : static_cast<long>(hit - after);
    }
    if (hit == nullptr) {
        return "";
    }
    char text[160];
    snprintf(text, sizeof text, "something wrote %ld bytes %s an allocation of %zu bytes at %p", distance < 0 ? -distance : distance,
             distance < 0 ? "before" : "past the end of", allocation.bytes, static_cast<void*>(allocation.start));
    return text;
}
#endif

char* Memory::allocate(size_t bytes, int pool) {
    if (bytes > capacity_ || used_ > capacity_ - bytes) {
        return nullptr;
    }
    Allocation allocation;
    char* start = map(bytes, alignment_, allocation);
    if (start == nullptr) {
        return nullptr;
    }
    allocation.owner = pool;
    used_ += bytes;
    live_++;
    forget_freed(allocation);
    allocations_[reinterpret_cast<uintptr_t>(start)] = allocation;
    return start;
}

// Addresses that a mapping took over, its guard pages included, are no longer those of what was freed there.
void Memory::forget_freed(const Allocation& allocation) {
    uintptr_t first = reinterpret_cast<uintptr_t>(allocation.region);
    uintptr_t end = first + allocation.region_bytes;
    for (auto old = freed_.begin(); old != freed_.end();) {
        old = old->first < end && first < old->first + old->second ? freed_.erase(old) : std::next(old);
    }
}

char* Memory::allocate_pinned(size_t bytes) {
    Allocation allocation;
    char* start = map(bytes, 256, allocation);
    if (start != nullptr) {
        allocation.pinned = true;
        forget_freed(allocation);
        allocations_[reinterpret_cast<uintptr_t>(start)] = allocation;
    }
    return start;
}

void Memory::register_host(char* start, size_t bytes) {
    Allocation allocation;
    allocation.region = allocation.start = start;
    allocation.region_bytes = allocation.bytes = bytes;
    allocation.pinned = allocation.foreign = true;
    allocations_[reinterpret_cast<uintptr_t>(start)] = allocation;
}

int Memory::free(uintptr_t address, bool pinned, std::string& message) {
    auto found = allocations_.find(address);
    if (found == allocations_.end() || found->second.pinned != pinned) {
        message = "free of " + describe(address) + ", which is not the start of a live allocation of this kind";
        return status::invalid_value;
    }
    Allocation allocation = found->second;
    message = damage(allocation);
    allocations_.erase(found);
    if (!pinned) {
        used_ -= allocation.bytes;
        live_--;
    }
    if (freed_.size() >= freed_remembered) {
        freed_.clear();
    }
    freed_[address] = allocation.bytes;
    if (!allocation.foreign) {
        release(allocation);
    }
    return message.empty() ? status::success : status::illegal_address;
}

void Memory::free_all() {
    for (const auto& entry : allocations_) {
        if (!entry.second.foreign) {
            release(entry.second);
        }
    }
    allocations_.clear();
    used_ = live_ = 0;
}

const Allocation* Memory::find(uintptr_t address) const {
    auto after = allocations_.upper_bound(address);
    if (after == allocations_.begin()) {
        return nullptr;
    }
    const Allocation& candidate = std::prev(after)->second;
    return candidate.holds(address, 1) || (candidate.bytes == 0 && candidate.holds(address, 0)) ? &candidate : nullptr;
}

bool Memory::is_range(uintptr_t address, size_t bytes) const {
    const Allocation* allocation = find(address);
    return allocation != nullptr && allocation->holds(address, bytes);
}

bool Memory::is_device_range(uintptr_t address, size_t bytes) const {
    const Allocation* allocation = find(address);
    return allocation != nullptr && !allocation->foreign && allocation->holds(address, bytes);
}

std::string Memory::describe(uintptr_t address) const {
    char text[200];
    auto after = allocations_.upper_bound(address);
    if (const Allocation* inside = find(address)) {
        snprintf(text, sizeof text, "0x%zx, byte %zu of an allocation of %zu bytes", static_cast<size_t>(address),
                 static_cast<size_t>(address - reinterpret_cast<uintptr_t>(inside->start)), inside->bytes);
        return text;
    }
    const char* relation = nullptr;
    size_t distance = 0;
    size_t bytes = 0;
    if (after != allocations_.begin()) {
        const Allocation& below = std::prev(after)->second;
        relation = "past the end of";
        distance = address - reinterpret_cast<uintptr_t>(below.start) - below.bytes;
        bytes = below.bytes;
    }
    if (after != allocations_.end() && (relation == nullptr || after->first - address < distance)) {
        relation = "before";
        distance = after->first - address;
        bytes = after->second.bytes;
    }
    auto old = freed_.upper_bound(address);
    if (old != freed_.begin() && address - std::prev(old)->first < std::prev(old)->second) {
        snprintf(text, sizeof text, "0x%zx, inside %zu bytes that were freed", static_cast<size_t>(address), std::prev(old)->second);
    } else if (relation != nullptr && distance < (size_t(1) << 24)) {
        snprintf(text, sizeof text, "0x%zx, %zu bytes %s an allocation of %zu bytes", static_cast<size_t>(address), distance, relation, bytes);
    } else {
        snprintf(text, sizeof text, "0x%zx, near no allocation", static_cast<size_t>(address));
    }
    return text;
}

int Memory::check(std::string& report) const {
    int count = 0;
    for (const auto& entry : allocations_) {
        std::string found = damage(entry.second);
        if (!found.empty()) {
            report += (count++ == 0 ? "" : "; ") + found;
        }
    }
    return count;
}

size_t Memory::pool_used(int pool) const {
    size_t bytes = 0;
    for (const auto& entry : allocations_) {
        bytes += entry.second.owner == pool && !entry.second.pinned ? entry.second.bytes : 0;
    }
    return bytes;
}
} // namespace sim
