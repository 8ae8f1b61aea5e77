// PTX modules: the text says which kernels there are and what they take, the host library has the code.
#pragma once
#include <map>
#include <memory>
#include <string>
#include <vector>
#include "device/execution.h"

namespace sim {
// What the text of a PTX entry tells.
struct PtxEntry {
    std::vector<unsigned> parameter_bytes;
    unsigned max_threads = 1024; // .maxntid
    unsigned static_shared = 0;
};

struct Function {
    std::string name;
    PtxEntry ptx;
    const KernelEntry* entry = nullptr;
    unsigned max_dynamic_shared = 48 * 1024;
};

struct Module {
    std::map<std::string, PtxEntry> entries;
    std::map<std::string, std::unique_ptr<Function>> functions;
    int ptx_version = 0; // 70 for 7.0
    int target = 0;      // 80 for sm_80
    bool specific = false; // sm_90a

    // A CUresult; not_found, with a message, if the host has no such kernel or it takes other parameters.
    int find(const std::string& name, Function** function, std::string& message);
};

// Parses the text; null and a message if it is not PTX.
std::unique_ptr<Module> parse_ptx(const std::string& text, std::string& message);
} // namespace sim
