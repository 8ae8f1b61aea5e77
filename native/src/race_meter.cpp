#include "race_meter.h"
#include <algorithm>
#include <cstdlib>
#include "race_reports.h"

namespace sim::races {
namespace {
constexpr uintptr_t sector = 32;
constexpr unsigned banks = 32;
constexpr unsigned bank_bytes = 4;

// How many different units of `unit` bytes the lanes touch.
uint64_t distinct(const std::vector<LaneAccess>& lanes, uintptr_t unit, std::vector<uintptr_t>& units) {
    units.clear();
    for (const LaneAccess& lane : lanes) {
        for (uintptr_t at = lane.address / unit; at <= (lane.address + lane.bytes - 1) / unit; at++) {
            units.push_back(at);
        }
    }
    std::sort(units.begin(), units.end());
    units.erase(std::unique(units.begin(), units.end()), units.end());
    return units.size();
}
} // namespace

Cost global_cost(const std::vector<LaneAccess>& lanes) {
    std::vector<uintptr_t> units;
    uint64_t bytes = distinct(lanes, 1, units);
    return {distinct(lanes, sector, units), (bytes + sector - 1) / sector};
}

// A pass serves one word of each bank, to any number of lanes; what is wider than a word goes by halves or quarters of the warp.
Cost shared_cost(const std::vector<LaneAccess>& lanes) {
    Cost cost;
    size_t together = banks * bank_bytes / std::max<size_t>(bank_bytes, lanes.front().bytes);
    std::vector<uintptr_t> words;
    for (size_t begin = 0; begin < lanes.size(); begin += together) {
        size_t end = std::min(lanes.size(), begin + together);
        distinct(std::vector<LaneAccess>(lanes.begin() + static_cast<long>(begin), lanes.begin() + static_cast<long>(end)), bank_bytes, words);
        uint64_t in_bank[banks] = {};
        for (uintptr_t word : words) {
            in_bank[word % banks]++;
        }
        cost.units += *std::max_element(in_bank, in_bank + banks);
        cost.ideal++;
    }
    return cost;
}

bool Meter::is_on() {
    if (!asked_) {
        asked_ = true;
        const char* path = getenv("SIMCUDA_METER");
        output_ = path == nullptr ? nullptr : fopen(path, "a");
    }
    return output_ != nullptr;
}

void Meter::begin_launch(const Grid& grid) {
    grid_ = grid;
    totals_.clear();
    touched_.clear();
    sites_.clear();
}

void Meter::begin_block() { finish_block(); }

void Meter::access(unsigned thread, uintptr_t address, size_t bytes, Access kind, Place place, int32_t code) {
    if (kind == Access::arrival) {
        return;
    }
    bool writes = kind != Access::read;
    Kind what = place != Place::global ? shared_access : writes ? global_store : global_load;
    if (what != shared_access) {
        for (uintptr_t at = address / sector; at <= (address + bytes - 1) / sector; at++) {
            touched_[at] |= writes ? 2 : 1;
        }
    }
    if (pending_.size() < kinds * (thread + 1)) {
        pending_.resize(kinds * (thread + 1));
    }
    Pending& last = pending_[kinds * thread + what];
    if (last.takes(address, bytes)) {
        last.bytes += bytes;
        return;
    }
    if (last.bytes != 0) {
        note(thread, last, what);
    }
    last = {address, bytes, code};
}

bool Meter::Pending::takes(uintptr_t next, size_t more) const {
    return more % 4 == 0 && bytes % 4 == 0 && bytes != 0 && next == address + bytes && address % 8 == 0 && address % 16 + bytes + more <= 16;
}

void Meter::note(unsigned thread, const Pending& access, Kind what) {
    int32_t code = access.code;
    uint64_t key = (static_cast<uint64_t>(thread / 32) << 2 | static_cast<uint64_t>(what)) << 32 | static_cast<uint32_t>(code);
    Site& site = sites_[key];
    uint32_t number = site.executed[thread % 32]++ - site.first;
    if (number >= site.open.size()) {
        site.open.resize(number + 1);
    }
    site.open[number].push_back({access.address, static_cast<uint32_t>(access.bytes)});
    // Complete ones are given back in one go, for a shift costs.
    if (site.open[number].size() == 32) {
        complete(site.open[number], what, code);
        site.open[number].clear();
        site.open[number].shrink_to_fit();
        uint32_t least = *std::min_element(site.executed, site.executed + 32) - site.first;
        if (least >= 1024 || least == site.open.size()) {
            site.open.erase(site.open.begin(), site.open.begin() + least);
            site.first += least;
        }
    }
}

void Meter::complete(const std::vector<LaneAccess>& lanes, Kind kind, int32_t code) {
    Total& total = totals_[{code, kind}];
    Cost cost = kind == shared_access ? shared_cost(lanes) : global_cost(lanes);
    total.requests++;
    total.cost.units += cost.units;
    total.cost.ideal += cost.ideal;
}

void Meter::finish_block() {
    for (size_t i = 0; i < pending_.size(); i++) {
        if (pending_[i].bytes != 0) {
            note(static_cast<unsigned>(i / kinds), pending_[i], static_cast<Kind>(i % kinds));
        }
    }
    pending_.clear();
    for (const auto& [key, site] : sites_) {
        for (const auto& lanes : site.open) {
            if (!lanes.empty()) {
                complete(lanes, static_cast<Kind>(key >> 32 & 3), static_cast<int32_t>(key));
            }
        }
    }
    sites_.clear();
}

uint64_t Meter::distinct_bytes(bool writes) const {
    uint64_t count = 0;
    for (const auto& entry : touched_) {
        count += (entry.second & (writes ? 2 : 1)) != 0;
    }
    return count * sector;
}

// launch: kernel, bytes read and written at least; site: kernel, kind, place, requests, units, the least units.
void Meter::end_launch() {
    finish_block();
    static const char* const names[kinds] = {"load", "store", "shared"};
    fprintf(output_, "launch\t%s\t%zu\t%zu\n", grid_.name, static_cast<size_t>(distinct_bytes(false)), static_cast<size_t>(distinct_bytes(true)));
    for (const auto& [key, total] : totals_) {
        fprintf(output_, "site\t%s\t%s\t%s\t%zu\t%zu\t%zu\n", grid_.name, names[key.second], source_of(key.first).c_str(),
                static_cast<size_t>(total.requests), static_cast<size_t>(total.cost.units), static_cast<size_t>(total.cost.ideal));
    }
    fflush(output_);
    touched_.clear();
}
} // namespace sim::races
