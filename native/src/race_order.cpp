#include "race_order.h"
#include <algorithm>

namespace sim::races {
void Order::begin_block(uint32_t block, unsigned threads) {
    block_ = block;
    clock_ = 1;
    met_ = fenced_met_ = 0;
    unfenced_ = 0;
    threads_.assign(threads, Thread{});
    acquired_.clear();
}

void Order::all_met() {
    met_ = ++clock_;
    for (Thread& thread : threads_) {
        thread.time = clock_;
    }
    if (unfenced_ == 0) {
        fenced_met_ = met_;
    }
}

void Order::lanes_met(unsigned first, unsigned mask) {
    uint32_t joined[lanes] = {};
    for (unsigned rest = mask; rest != 0; rest &= rest - 1) {
        const Thread& thread = threads_[first + static_cast<unsigned>(__builtin_ctz(rest))];
        for (unsigned lane = 0; lane < lanes; lane++) {
            joined[lane] = std::max(joined[lane], thread.known[lane]);
        }
    }
    for (unsigned rest = mask; rest != 0; rest &= rest - 1) {
        unsigned lane = static_cast<unsigned>(__builtin_ctz(rest));
        joined[lane] = threads_[first + lane].time;
    }
    clock_++;
    for (unsigned rest = mask; rest != 0; rest &= rest - 1) {
        Thread& thread = threads_[first + static_cast<unsigned>(__builtin_ctz(rest))];
        std::copy(joined, joined + lanes, thread.known);
        thread.time = clock_;
    }
}

void Order::wrote(unsigned number) {
    Thread& thread = threads_[number];
    unfenced_ += !thread.unfenced;
    thread.unfenced = true;
}

void Order::fence(unsigned number) {
    Thread& thread = threads_[number];
    unfenced_ -= thread.unfenced;
    thread.unfenced = false;
    thread.fenced = true;
    thread.fenced_all = met_;
    std::copy(thread.known, thread.known + lanes, thread.fenced_known);
    thread.fenced_known[number % lanes] = thread.time;
    thread.time = ++clock_;
}

void Order::atomic(unsigned number, uintptr_t address) {
    Thread& thread = threads_[number];
    std::vector<Release>& releases = releases_[address];
    acquired_.push_back({&releases, address, releases.size(), static_cast<uint16_t>(number), thread.time});
    Release release{block_, static_cast<uint16_t>(number), thread.time, std::max(thread.fenced_all, fenced_met_), thread.fenced, {}};
    std::copy(thread.fenced_known, thread.fenced_known + lanes, release.known);
    releases.push_back(release);
    thread.time = ++clock_;
}

bool Order::known_to(unsigned thread, uint16_t other, uint32_t time) const {
    return other == thread || time < met_ || (other / lanes == thread / lanes && time <= threads_[thread].known[other % lanes]);
}

bool Order::covers(const Release& release, const Stamp& stamp) {
    bool same_warp = release.thread / lanes == stamp.thread / lanes;
    return release.block == stamp.block && (stamp.time < release.all || (release.fenced && same_warp && stamp.time <= release.known[stamp.thread % lanes]));
}

bool Order::before(const Stamp& earlier, unsigned thread, uintptr_t address) const {
    if (earlier.block == block_) {
        return known_to(thread, earlier.thread, earlier.time);
    }
    for (const Acquisition& acquisition : acquired_) {
        if (!known_to(thread, acquisition.thread, acquisition.time)) {
            continue;
        }
        for (size_t i = acquisition.count; i-- > 0;) {
            const Release& release = (*acquisition.from)[i];
            bool itself = earlier.atomic && acquisition.address == address && release.block == earlier.block &&
                          release.thread == earlier.thread && release.time >= earlier.time;
            if (itself || covers(release, earlier)) {
                return true;
            }
        }
    }
    return false;
}
} // namespace sim::races
