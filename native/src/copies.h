// The copies to shared memory that a thread has begun and that have not arrived.
#pragma once
#include <vector>

namespace sim {
// As late as the card may be: bytes arrive when the thread waits for their group, and never without that.
class Copies {
public:
    static constexpr unsigned bytes = 16;

    // `code` is where, for reports.
    void issue(char* to, const char* from, const void* code);
    void commit() { committed_++; }
    // Completes all groups but the newest `pending`.
    void wait(unsigned pending, const void* code);
    // Forgets the copies of the thread that was here before.
    void clear();

private:
    struct Copy {
        char* to;
        const char* from; // null: zeros
        unsigned group;
    };
    std::vector<Copy> begun_; // in order
    unsigned committed_ = 0;
};
} // namespace sim
