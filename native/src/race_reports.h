// Puts what the race build finds into words: who, where in the source, and which memory.
#pragma once
#include <cstdio>
#include <set>
#include <string>
#include <tuple>
#include <vector>
#include "race_shadow.h"
#include "races.h"
#include "scheduler.h"

namespace sim::races {
struct Finding {
    Stamp earlier; // of no block: memory never written
    bool earlier_writes;
    Stamp now;
    Access kind;
    Place place;
    size_t bytes;
    uintptr_t address;
};

class Reports {
public:
    void begin_launch(const Grid& grid, uint32_t first_block);
    void add(const Finding& finding);
    Fault end_launch();

private:
    static constexpr size_t most_per_launch = 8;

    void print(const std::string& text);
    std::string words(const Finding& finding) const;
    std::string who(const Stamp& stamp) const;
    std::string where(const Finding& finding) const;

    Grid grid_;
    uint32_t first_block_ = 0;
    std::string message_;
    std::set<std::tuple<int32_t, int32_t, bool>> in_launch_;
    std::set<std::tuple<int32_t, int32_t, bool>> printed_;
    FILE* output_ = nullptr;
};

// A place in the code of the kernels as a small number, and the other way round: "function (file:line)".
int32_t code_of(const void* address);
std::string source_of(int32_t code);
} // namespace sim::races
