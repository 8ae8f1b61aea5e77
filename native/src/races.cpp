#include "races.h"
#include <cstdio>
#include "memory.h"
#include "race_meter.h"
#include "race_order.h"
#include "race_reports.h"
#include "race_shadow.h"
#include "scheduler.h"

namespace sim::races {
namespace {
// Of the one host thread that runs blocks; the driver's lock is held meanwhile.
class Races {
public:
    void begin_launch(const Grid& grid) {
        first_block_ = next_block_;
        next_block_ += static_cast<uint32_t>(grid.blocks());
        shadow_.shrink();
        order_.begin_launch();
        reports_.begin_launch(grid, first_block_);
        if (meter_.is_on()) {
            meter_.begin_launch(grid);
        }
        // Allocations change between launches.
        for (Known& known : known_) {
            known = {};
        }
    }

    Fault end_launch() {
        if (meter_.is_on()) {
            meter_.end_launch();
        }
        return reports_.end_launch();
    }

    void begin_block(uint64_t number, unsigned threads) {
        order_.begin_block(first_block_ + static_cast<uint32_t>(number), threads);
        if (meter_.is_on()) {
            meter_.begin_block();
        }
    }

    Order& order() { return order_; }

    void access(uintptr_t address, size_t bytes, Access kind, const void* code) {
        Place place = place_of(address);
        if (place == Place::unknown) {
            return;
        }
        unsigned thread = sim::thread->linear;
        if (meter_.is_on()) { // instead of the race check, for larger launches
            meter_.access(thread, address, bytes, kind, place, code_of(code));
            return;
        }
        Now now{{order_.block(), order_.time(thread), static_cast<uint16_t>(thread), kind == Access::atomic, kind == Access::copy, code_of(code)},
                kind, place, bytes, false};
        uintptr_t end = address + bytes;
        for (uintptr_t at = address; at < end;) {
            uintptr_t next = (at & ~uintptr_t(3)) + 4;
            Word& word = shadow_.page(at).words[at % Page::bytes / 4];
            if (next - at == 4 && next <= end && word.single == nullptr) {
                touch(word.all, now, at);
                at = next;
            } else {
                for (auto& cells = word.split(); at < next && at < end; at++) {
                    touch(cells[at % 4], now, at);
                }
            }
        }
        if (place == Place::global && kind != Access::read) {
            order_.wrote(thread);
        }
        if (place == Place::global && kind == Access::atomic) {
            order_.atomic(thread, address);
        }
    }

private:
    struct Now {
        Stamp stamp;
        Access kind;
        Place place;
        size_t bytes;
        bool told; // one report per access
    };
    // What a page of the host holds. Static shared memory lies among other things.
    struct Known {
        uintptr_t page = 0;
        Place place = Place::unknown;
        Range range{0, 0};
    };

    Place place_of(uintptr_t address) {
        Known& known = known_[address / Page::bytes % known_count];
        if (known.page != address / Page::bytes) {
            known = look_up(address);
        }
        return known.place == Place::static_shared && !known.range.holds(address, 1) ? Place::unknown : known.place;
    }

    static Known look_up(uintptr_t address) {
        Scheduler& own = scheduler();
        uintptr_t page = address / Page::bytes;
        if (own.is_own_stack(address)) {
            return {page, Place::unknown, {}};
        }
        if (own.dynamic_shared().holds(address, 1)) {
            return {page, Place::dynamic_shared, {}};
        }
        if (memory().find(address) != nullptr) {
            return {page, Place::global, {}};
        }
        if (const Range* range = own.static_shared().find_some(page * Page::bytes, Page::bytes)) {
            return {page, Place::static_shared, *range};
        }
        return {page, Place::unknown, {}};
    }

    bool unordered(const Stamp& earlier, const Now& now, uintptr_t address) const {
        if (earlier.block < first_block_ || earlier.block == 0 || (earlier.atomic && now.stamp.atomic)) {
            return false;
        }
        if (earlier.block != now.stamp.block && now.place != Place::global) {
            return false; // another block's, gone with it
        }
        if (earlier.pending && !(now.kind == Access::arrival && earlier.same_thread(now.stamp))) {
            return true;
        }
        return !earlier.same_thread(now.stamp) && !order_.before(earlier, now.stamp.thread, address);
    }

    void touch(Cell& cell, Now& now, uintptr_t address) {
        bool reads = now.kind == Access::read || now.kind == Access::atomic;
        if (reads && now.place != Place::global && cell.write.block != now.stamp.block) {
            tell(Stamp{}, false, now, address);
        }
        if (unordered(cell.write, now, address)) {
            tell(cell.write, true, now, address);
        }
        if (now.kind == Access::read) {
            cell.add_read(now.stamp);
            return;
        }
        for (Stamp& read : cell.reads) {
            if (unordered(read, now, address)) {
                tell(read, false, now, address);
            }
            read = Stamp{};
        }
        cell.write = now.stamp;
    }

    void tell(const Stamp& earlier, bool write, Now& now, uintptr_t address) {
        if (!now.told) {
            now.told = true;
            reports_.add({earlier, write, now.stamp, now.kind, now.place, now.bytes, address});
        }
    }

    static constexpr size_t known_count = 1024;

    Shadow shadow_;
    Order order_;
    Reports reports_;
    Meter meter_;
    Known known_[known_count];
    uint32_t first_block_ = 1;
    uint32_t next_block_ = 1;
};

Races& races() {
    static Races* instance = new Races;
    return *instance;
}
} // namespace

void begin_launch(const Grid& grid) { races().begin_launch(grid); }
Fault end_launch() { return races().end_launch(); }
void begin_block(uint64_t number, unsigned threads) { races().begin_block(number, threads); }
void all_met() { races().order().all_met(); }
void lanes_met(unsigned first, unsigned mask) { races().order().lanes_met(first, mask); }
void fence() { races().order().fence(sim::thread->linear); }

void access(const void* address, size_t bytes, Access kind, const void* code) {
    races().access(reinterpret_cast<uintptr_t>(address), bytes, kind, code);
}
} // namespace sim::races
