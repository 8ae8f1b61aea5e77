#include "race_shadow.h"

namespace sim::races {
void Cell::add_read(const Stamp& now) {
    const Stamp& last = reads[0];
    if (last.block != 0 && !last.same_thread(now)) {
        int kind = last.block != now.block ? 3 : last.thread / 32 != now.thread / 32 ? 2 : 1;
        reads[kind] = last;
    }
    reads[0] = now;
}

std::array<Cell, 4>& Word::split() {
    if (single == nullptr) {
        single.reset(new std::array<Cell, 4>{all, all, all, all});
    }
    return *single;
}

Page& Shadow::page(uintptr_t address) {
    uintptr_t number = address / Page::bytes;
    Entry& entry = cache_[number % cached];
    if (entry.page == nullptr || entry.number != number) {
        std::unique_ptr<Page>& page = pages_[number];
        if (page == nullptr) {
            page.reset(new Page);
        }
        entry = {number, page.get()};
    }
    return *entry.page;
}

void Shadow::shrink() {
    if (pages_.size() > most_pages) {
        clear();
    }
}

void Shadow::clear() {
    pages_.clear();
    for (Entry& entry : cache_) {
        entry = {};
    }
}
} // namespace sim::races
