// Where the static __shared__ variables of the kernels are: each host thread that runs blocks has its own.
#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

namespace sim {
struct Range {
    uintptr_t begin;
    uintptr_t end;

    bool holds(uintptr_t address, size_t bytes) const { return address >= begin && address <= end && bytes <= end - address; }
};

// Those of one host thread: they are thread-local variables of the kernel libraries. A library's part may come into being
// with the first use.
class StaticShared {
public:
    // The part that holds all of it, or null; for the calling thread, always the same one.
    const Range* find(uintptr_t address, size_t bytes);
    // A part that holds some of it, or null.
    const Range* find_some(uintptr_t address, size_t bytes);

private:
    template <class Fits>
    const Range* find_if(Fits fits);
    void look();

    std::vector<Range> parts_;
};
} // namespace sim
