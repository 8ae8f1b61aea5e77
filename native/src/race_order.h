// What orders the accesses of a launch. Within a block a barrier orders all threads and __syncwarp() those of its mask: a
// clock for each pair of lanes. Shuffles, votes and tensor core instructions order nothing. Between blocks an atomic after a
// fence passes on what came before the fence to whoever changes the same address later.
#pragma once
#include <cstdint>
#include <unordered_map>
#include <vector>
#include "race_shadow.h"

namespace sim::races {
class Order {
public:
    void begin_launch() { releases_.clear(); }
    void begin_block(uint32_t block, unsigned threads);
    void all_met();
    void lanes_met(unsigned first, unsigned mask);
    void fence(unsigned thread);
    void atomic(unsigned thread, uintptr_t address);
    void wrote(unsigned thread);

    uint32_t time(unsigned thread) const { return threads_[thread].time; }
    uint32_t block() const { return block_; }

    // Does an access of this launch come before what the thread of the current block does now?
    bool before(const Stamp& earlier, unsigned thread, uintptr_t address) const;

private:
    static constexpr unsigned lanes = 32;

    struct Thread {
        uint32_t time = 1;
        uint32_t known[lanes] = {}; // latest time of each lane of its warp that comes before
        bool unfenced = false;      // has written since its last fence
        uint32_t fenced_all = 0;    // at its last fence: times of all threads below this came before
        bool fenced = false;
        uint32_t fenced_known[lanes] = {}; // of the lanes, up to this
    };
    // An atomic that passes something on.
    struct Release {
        uint32_t block;
        uint16_t thread;
        uint32_t time;
        uint32_t all;
        bool fenced;
        uint32_t known[lanes];
    };
    // What an atomic of the current block received: the first `count` of an address.
    struct Acquisition {
        const std::vector<Release>* from;
        uintptr_t address;
        size_t count;
        uint16_t thread;
        uint32_t time;
    };

    bool known_to(unsigned thread, uint16_t other, uint32_t time) const;
    static bool covers(const Release& release, const Stamp& stamp);

    uint32_t block_ = 0;
    uint32_t clock_ = 1;
    uint32_t met_ = 0;        // times below this come before the last barrier
    uint32_t fenced_met_ = 0; // times below this come before a barrier at which all writes were fenced
    unsigned unfenced_ = 0;
    std::vector<Thread> threads_;
    std::unordered_map<uintptr_t, std::vector<Release>> releases_;
    std::vector<Acquisition> acquired_;
};
} // namespace sim::races
