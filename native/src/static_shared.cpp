#include "static_shared.h"
#include <link.h>
#include <cstring>

namespace sim {
template <class Fits>
const Range* StaticShared::find_if(Fits fits) {
    for (int attempt = 0; attempt < 2; attempt++) {
        for (const Range& part : parts_) {
            if (fits(part)) {
                return &part;
            }
        }
        if (attempt == 0) {
            look();
        }
    }
    return nullptr;
}

const Range* StaticShared::find(uintptr_t address, size_t bytes) {
    return find_if([=](const Range& part) { return part.holds(address, bytes); });
}

const Range* StaticShared::find_some(uintptr_t address, size_t bytes) {
    return find_if([=](const Range& part) { return address < part.end && part.begin < address + bytes; });
}

void StaticShared::look() {
    parts_.clear();
    auto add = [](dl_phdr_info* library, size_t, void* data) {
        if (strstr(library->dlpi_name, "libsimkernels") == nullptr || library->dlpi_tls_data == nullptr) {
            return 0;
        }
        for (int i = 0; i < library->dlpi_phnum; i++) {
            if (library->dlpi_phdr[i].p_type == PT_TLS) {
                uintptr_t begin = reinterpret_cast<uintptr_t>(library->dlpi_tls_data);
                static_cast<std::vector<Range>*>(data)->push_back({begin, begin + library->dlpi_phdr[i].p_memsz});
            }
        }
        return 0;
    };
    dl_iterate_phdr(add, &parts_);
}
} // namespace sim
