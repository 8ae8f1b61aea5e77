#include "copies.h"
#include <algorithm>
#include <cstring>
#include "races.h"

namespace sim {
void Copies::issue(char* to, const char* from, const void* code) {
    if (from != nullptr) {
        races::access(from, bytes, races::Access::read, code);
    }
    races::access(to, bytes, races::Access::copy, code);
    memset(to, 0xff, bytes);
    begun_.push_back({to, from, committed_});
}

void Copies::wait(unsigned pending, const void* code) {
    auto first = begun_.begin();
    auto last = first;
    for (; last != begun_.end() && last->group + pending < committed_; ++last) {
        races::access(last->to, bytes, races::Access::arrival, code);
        if (last->from == nullptr) {
            memset(last->to, 0, bytes);
        } else {
            memcpy(last->to, last->from, bytes);
        }
    }
    begun_.erase(first, last);
}

void Copies::clear() {
    begun_.clear();
    committed_ = 0;
}
} // namespace sim
