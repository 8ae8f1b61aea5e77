// What is remembered of the accesses to memory that threads share: for every byte the last write and a few reads.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <unordered_map>

namespace sim::races {
// Who and when: a block of all launches, its thread, and the thread's time, which goes on at everything that orders it.
struct Stamp {
    uint32_t block = 0; // 0: never
    uint32_t time = 0;
    uint16_t thread = 0;
    bool atomic = false;
    bool pending = false; // a copy that has not arrived
    int32_t code = 0;

    bool same_thread(const Stamp& other) const { return block == other.block && thread == other.thread; }
};

struct Cell {
    Stamp write;
    // The last one, the last ones of another lane, of another warp and of another block: whatever is unordered with a write
    // to come, one of its kind is among them.
    Stamp reads[4];

    void add_read(const Stamp& now);
};

// Four bytes; told apart once they were touched singly.
struct Word {
    Cell all;
    std::unique_ptr<std::array<Cell, 4>> single;

    std::array<Cell, 4>& split();
};

enum class Place { unknown, global, dynamic_shared, static_shared };

// Words of a page of the host, made when it is first touched.
struct Page {
    static constexpr size_t bytes = 4096;

    Word words[bytes / 4];
};

class Shadow {
public:
    // The words of the page that an address is in.
    Page& page(uintptr_t address);
    // Gives memory back if there is much; only between launches, for what is older orders nothing any more.
    void shrink();
    void clear();

private:
    static constexpr size_t most_pages = 2048; // of 90 KB, and 4 times as much where bytes are told apart
    static constexpr size_t cached = 1024;

    std::unordered_map<uintptr_t, std::unique_ptr<Page>> pages_;
    struct Entry {
        uintptr_t number = 0;
        Page* page = nullptr;
    } cache_[cached];
};
} // namespace sim::races
