// A meter of memory traffic, in the race build: what the warps of a launch ask of memory, beside the least that the same data
// needs. It counts requests; caches, and so what reaches the memory itself, are not simulated.
#pragma once
#include <cstdint>
#include <cstdio>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>
#include "race_shadow.h"
#include "races.h"
#include "scheduler.h"

namespace sim::races {
// One access of the lanes of a warp: in units of 32 bytes for global memory, of passes over the 32 banks for shared memory.
struct Cost {
    uint64_t units = 0;
    uint64_t ideal = 0;
};

struct LaneAccess {
    uintptr_t address;
    uint32_t bytes;
};

Cost global_cost(const std::vector<LaneAccess>& lanes);
Cost shared_cost(const std::vector<LaneAccess>& lanes);

class Meter {
public:
    // On where the environment names a file, SIMCUDA_METER, for one line per launch and place in the code.
    bool is_on();
    void begin_launch(const Grid& grid);
    void begin_block();
    void access(unsigned thread, uintptr_t address, size_t bytes, Access kind, Place place, int32_t code);
    void end_launch();

private:
    enum Kind { global_load, global_store, shared_access, kinds };

    struct Total {
        uint64_t requests = 0;
        Cost cost;
    };
    // An instruction of a warp: the lanes that have come, for the n-th time they execute it.
    struct Site {
        uint32_t executed[32] = {};
        uint32_t first = 0;
        std::vector<std::vector<LaneAccess>> open;
    };

    // Neighbouring words within 16 aligned bytes that a thread touches one after the other are one access: g++ takes vectors apart.
    struct Pending {
        uintptr_t address = 0;
        size_t bytes = 0;
        int32_t code = 0;

        bool takes(uintptr_t next, size_t more) const;
    };

    void note(unsigned thread, const Pending& access, Kind kind);
    void complete(const std::vector<LaneAccess>& lanes, Kind kind, int32_t code);
    void finish_block();
    uint64_t distinct_bytes(bool writes) const;

    FILE* output_ = nullptr;
    bool asked_ = false;
    Grid grid_;
    std::vector<Pending> pending_; // of the block: thread and kind
    std::unordered_map<uint64_t, Site> sites_;              // of the block: warp, kind and code
    std::map<std::pair<int32_t, int>, Total> totals_;       // of the launch: code and kind
    std::unordered_map<uintptr_t, uint8_t> touched_;        // sectors: 1 read, 2 written
};
} // namespace sim::races
