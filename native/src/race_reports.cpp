#include "race_reports.h"
#include <dlfcn.h>
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include "memory.h"
#include "status.h"

namespace sim::races {
namespace {
char here; // all libraries lie within 2 GiB

// The lines of a command's answer.
std::vector<std::string> answer_of(const std::string& command) {
    std::vector<std::string> lines;
    std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(command.c_str(), "r"), pclose);
    char line[1024];
    while (pipe != nullptr && fgets(line, sizeof line, pipe.get()) != nullptr) {
        lines.emplace_back(line, strcspn(line, "\n"));
    }
    return lines;
}

std::string without_parameters(const std::string& function) {
    size_t space = function.rfind("kernels_", function.find('('));
    std::string name = function.substr(space == std::string::npos ? 0 : space);
    return name.substr(0, name.find('('));
}

// Function and line of code that the compiler may have put into others: the innermost that is the kernels' own, and for a
// helper of a header who called it.
std::string look_up(const void* code) {
    Dl_info library{};
    if (dladdr(code, &library) == 0) {
        return "unknown code";
    }
    char command[1024];
    snprintf(command, sizeof command, "addr2line -Cfie '%s' 0x%zx 2>/dev/null", library.dli_fname,
             static_cast<size_t>(static_cast<const char*>(code) - static_cast<const char*>(library.dli_fbase)));
    std::vector<std::string> lines = answer_of(command);
    std::string found;
    for (size_t i = 0; i + 1 < lines.size(); i += 2) {
        if (lines[i + 1].find("/device/") == std::string::npos && lines[i + 1][0] != '?') {
            std::string place = lines[i + 1].substr(lines[i + 1].rfind('/') + 1);
            bool first = found.empty();
            found += (first ? "" : " for ") + without_parameters(lines[i]) + " (" + place.substr(0, place.find(' ')) + ")";
            if (!first || place.find(".cuh:") == std::string::npos) {
                return found;
            }
        }
    }
    if (!found.empty()) {
        return found;
    }
    return library.dli_sname == nullptr ? "unknown code" : library.dli_sname;
}

const char* verb(const Finding& finding) {
    switch (finding.kind) {
    case Access::read: return "read";
    case Access::write: return "write";
    case Access::atomic: return "atomic";
    case Access::copy: return "start of an asynchronous copy";
    default: return "arrival of an asynchronous copy";
    }
}
} // namespace

// The instruction before the one that the hook returns to.
int32_t code_of(const void* address) { return address == nullptr ? 0 : static_cast<int32_t>(static_cast<const char*>(address) - &here) - 1; }

std::string source_of(int32_t code) {
    static std::map<int32_t, std::string> known;
    auto found = known.find(code);
    if (found == known.end()) {
        found = known.emplace(code, code == 0 ? "unknown code" : look_up(&here + code)).first;
    }
    return found->second;
}

void Reports::begin_launch(const Grid& grid, uint32_t first_block) {
    grid_ = grid;
    first_block_ = first_block;
    message_.clear();
    in_launch_.clear();
}

void Reports::add(const Finding& finding) {
    std::tuple<int32_t, int32_t, bool> key{finding.earlier.code, finding.now.code, finding.earlier_writes};
    if (in_launch_.size() >= most_per_launch || !in_launch_.insert(key).second) {
        return;
    }
    std::string text = words(finding);
    message_ += (message_.empty() ? "" : "\n  ") + text;
    if (printed_.insert(key).second) {
        print(text);
    }
}

// To the file SIMCUDA_RACE_REPORT, else to stderr.
void Reports::print(const std::string& text) {
    if (output_ == nullptr) {
        const char* path = getenv("SIMCUDA_RACE_REPORT");
        output_ = path == nullptr ? stderr : fopen(path, "a");
        output_ = output_ == nullptr ? stderr : output_;
    }
    fprintf(output_, "kernel %s: %s\n", grid_.name, text.c_str());
    fflush(output_);
}

Fault Reports::end_launch() {
    static const char* const fails = getenv("SIMCUDA_RACE_FAILS");
    if (message_.empty() || (fails != nullptr && strcmp(fails, "0") == 0)) {
        return {};
    }
    return {status::launch_failed, message_};
}

std::string Reports::words(const Finding& finding) const {
    std::string now = std::string(verb(finding)) + " of " + std::to_string(finding.bytes) + " bytes by " + who(finding.now) + " in " +
                      source_of(finding.now.code) + ", " + where(finding);
    if (finding.earlier.block == 0) {
        return "shared memory read that its block never wrote: " + now;
    }
    std::string earlier = std::string(finding.earlier.pending   ? "an asynchronous copy that has not arrived"
                                      : finding.earlier.atomic  ? "an atomic"
                                      : finding.earlier_writes ? "a write"
                                                               : "a read") +
                          " by " + who(finding.earlier) + " in " + source_of(finding.earlier.code);
    bool reads = finding.kind == Access::read || !finding.earlier_writes;
    return std::string(reads ? "read-write" : "write-write") + " race: " + now + "; nothing orders it after " + earlier;
}

std::string Reports::who(const Stamp& stamp) const {
    uint3 block = grid_.index(stamp.block - first_block_);
    uint3 thread = grid_.thread(stamp.thread);
    char text[128];
    snprintf(text, sizeof text, "block %u,%u,%u thread %u,%u,%u", block.x, block.y, block.z, thread.x, thread.y, thread.z);
    return text;
}

std::string Reports::where(const Finding& finding) const {
    Scheduler& own = scheduler();
    char text[96];
    if (finding.place == Place::dynamic_shared) {
        snprintf(text, sizeof text, "dynamic shared memory, byte %zu", static_cast<size_t>(finding.address - own.dynamic_shared().begin));
        return text;
    }
    if (finding.place == Place::static_shared) {
        const Range* range = own.static_shared().find(finding.address, 1);
        snprintf(text, sizeof text, "static shared memory, byte %zu of all kernels'", static_cast<size_t>(finding.address - range->begin));
        return text;
    }
    return memory().describe(finding.address);
}
} // namespace sim::races
