#include "modules.h"
#include <dlfcn.h>
#include <cctype>
#include <cstdlib>
#include <regex>
#include "status.h"

namespace sim {
namespace {
// A library beside this one, or null; why not, in message.
void* open_beside(const char* name, std::string& message) {
    Dl_info self{};
    dladdr(reinterpret_cast<void*>(&parse_ptx), &self);
    std::string path = self.dli_fname == nullptr ? "" : self.dli_fname;
    size_t slash = path.rfind('/');
    path = (slash == std::string::npos ? "" : path.substr(0, slash + 1)) + name;
    void* opened = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (opened == nullptr) {
        message = dlerror();
    }
    return opened;
}

// The host version of a kernel: one of the project's, or of those that only test this device.
const KernelEntry* host_kernel(const std::string& name, std::string& message) {
    static std::string failure;
    static std::string no_tests;
    static void* kernels = open_beside("libsimkernels.so", failure);
    static void* tests = open_beside("libsimkernels-test.so", no_tests);
    message = failure;
    void* found = nullptr;
    for (void* library : {kernels, tests}) {
        if (found == nullptr && library != nullptr) {
            found = dlsym(library, ("simcuda_kernel_" + name).c_str());
        }
    }
    return static_cast<const KernelEntry*>(found);
}

// Without comments; strings do not occur in what we read.
std::string without_comments(const std::string& text) {
    std::string result;
    for (size_t i = 0; i < text.size(); i++) {
        if (text.compare(i, 2, "//") == 0) {
            while (i < text.size() && text[i] != '\n') {
                i++;
            }
        } else if (text.compare(i, 2, "/*") == 0) {
            i = std::min(text.size(), text.find("*/", i + 2));
            i += 1;
            continue;
        }
        if (i < text.size()) {
            result += text[i];
        }
    }
    return result;
}

unsigned bytes_of(const std::string& type) {
    size_t digits = type.find_first_of("0123456789");
    return digits == std::string::npos ? 0 : static_cast<unsigned>(atoi(type.c_str() + digits)) / 8;
}

// `.param .align 8 .b8 name[96]` or `.param .u64 name`
std::vector<unsigned> parameters(const std::string& list) {
    static const std::regex one(R"(\.param\s+(?:\.align\s+\d+\s+)?\.([a-z]\d+)(?:\s+\.ptr[^,\[]*?)?\s+[\w$]+(?:\[(\d+)\])?)");
    std::vector<unsigned> bytes;
    for (std::sregex_iterator at(list.begin(), list.end(), one), end; at != end; ++at) {
        unsigned count = (*at)[2].matched ? static_cast<unsigned>(atoi((*at)[2].str().c_str())) : 1;
        bytes.push_back(bytes_of((*at)[1]) * count);
    }
    return bytes;
}

// Bytes of the .shared variables in a text, but the extern ones.
unsigned shared_bytes(const std::string& body) {
    static const std::regex one(R"(\.shared\s+(?:\.align\s+\d+\s+)?\.([a-z]\d+)\s+([\w$]+)(?:\[(\d+)\])?\s*;)");
    unsigned bytes = 0;
    for (std::sregex_iterator at(body.begin(), body.end(), one), end; at != end; ++at) {
        bytes += bytes_of((*at)[1]) * ((*at)[3].matched ? static_cast<unsigned>(atoi((*at)[3].str().c_str())) : 1);
    }
    return bytes;
}

// End of the block that begins at the brace at `open`.
size_t closing(const std::string& text, size_t open) {
    int depth = 0;
    for (size_t i = open; i < text.size(); i++) {
        depth += text[i] == '{' ? 1 : text[i] == '}' ? -1 : 0;
        if (depth == 0) {
            return i;
        }
    }
    return text.size();
}
} // namespace

std::unique_ptr<Module> parse_ptx(const std::string& source, std::string& message) {
    std::string text = without_comments(source);
    std::smatch match;
    auto module = std::make_unique<Module>();
    if (!std::regex_search(text, match, std::regex(R"(\.version\s+(\d+)\.(\d+))"))) {
        message = "not a PTX text: no .version";
        return nullptr;
    }
    module->ptx_version = atoi(match[1].str().c_str()) * 10 + atoi(match[2].str().c_str());
    if (!std::regex_search(text, match, std::regex(R"(\.target\s+sm_(\d+)(a?))"))) {
        message = "not a PTX text: no .target";
        return nullptr;
    }
    module->target = atoi(match[1].str().c_str());
    module->specific = match[2].length() != 0;
    for (size_t at = text.find(".entry"); at != std::string::npos; at = text.find(".entry", at + 1)) {
        size_t name_begin = text.find_first_not_of(" \t\n", at + 6);
        size_t name_end = name_begin;
        while (name_end < text.size() && (isalnum(static_cast<unsigned char>(text[name_end])) || text[name_end] == '_' || text[name_end] == '$')) {
            name_end++;
        }
        size_t open = text.find('{', name_end);
        if (open == std::string::npos) {
            message = "PTX ends within an entry";
            return nullptr;
        }
        PtxEntry entry;
        std::string head = text.substr(name_end, open - name_end);
        entry.parameter_bytes = parameters(head);
        if (std::regex_search(head, match, std::regex(R"(\.maxntid\s+(\d+)(?:\s*,\s*(\d+))?(?:\s*,\s*(\d+))?)"))) {
            entry.max_threads = 1;
            for (int axis = 1; axis <= 3; axis++) {
                entry.max_threads *= match[axis].matched ? static_cast<unsigned>(atoi(match[axis].str().c_str())) : 1;
            }
        }
        entry.static_shared = shared_bytes(text.substr(open, closing(text, open) - open));
        module->entries[text.substr(name_begin, name_end - name_begin)] = entry;
    }
    return module;
}

int Module::find(const std::string& name, Function** function, std::string& message) {
    auto known = functions.find(name);
    if (known != functions.end()) {
        *function = known->second.get();
        return status::success;
    }
    auto entry = entries.find(name);
    if (entry == entries.end()) {
        return status::not_found;
    }
    const KernelEntry* host = host_kernel(name, message);
    if (host == nullptr) {
        message = "stale kernels: the PTX has " + name + ", the host library does not; EXPORT_KERNEL missing? else run native/build" +
                  (message.empty() ? "" : " (" + message + ")");
        return status::not_found;
    }
    std::vector<unsigned> sizes(host->sizes, host->sizes + host->count);
    if (sizes != entry->second.parameter_bytes) {
        auto list = [](const std::vector<unsigned>& bytes) {
            std::string words;
            for (unsigned each : bytes) {
                words += (words.empty() ? "" : ",") + std::to_string(each);
            }
            return words;
        };
        message = "stale PTX: " + name + " takes parameters of " + list(entry->second.parameter_bytes) + " bytes there, of " + list(sizes) +
                  " bytes in its source — run kernels/build";
        return status::not_found;
    }
    auto made = std::make_unique<Function>();
    made->name = name;
    made->ptx = entry->second;
    made->entry = host;
    made->max_dynamic_shared = 48 * 1024 - std::min(48u * 1024, made->ptx.static_shared);
    *function = made.get();
    functions[name] = std::move(made);
    return status::success;
}
} // namespace sim
