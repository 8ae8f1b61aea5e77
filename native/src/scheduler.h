// Runs the threads of one block, one at a time, on one thread of the host.
#pragma once
#include <csetjmp>
#include <cstdint>
#include <string>
#include <vector>
#include "device/execution.h"
#include "copies.h"
#include "device/tensor.h"
#include "device/warp.h"
#include "fibers.h"
#include "static_shared.h"

namespace sim {
// A launch as a worker needs it.
struct Grid {
    const char* name = "";
    void (*invoke)(void** arguments) = nullptr;
    void** arguments = nullptr;
    uint3 grid{1, 1, 1};
    uint3 block{1, 1, 1};
    unsigned shared_bytes = 0;

    uint64_t blocks() const { return static_cast<uint64_t>(grid.x) * grid.y * grid.z; }
    unsigned threads() const { return block.x * block.y * block.z; }
    // Of the block with a number, of the thread with a number: x is fastest.
    uint3 index(uint64_t number) const { return split(number, grid); }
    uint3 thread(unsigned number) const { return split(number, block); }

private:
    static uint3 split(uint64_t number, uint3 size) {
        return {static_cast<unsigned>(number % size.x), static_cast<unsigned>(number / size.x % size.y),
                static_cast<unsigned>(number / size.x / size.y)};
    }
};

// A thread that has begun and not ended; where it waits is known to its barrier or warp.
struct Fiber {
    Thread info{};
    Stack stack;
    Flow flow;
    Copies copies;
};

// The meeting point of a warp's threads.
struct Warp {
    uint64_t value[32];
    uint64_t answer[32];
    uint8_t source[32];
    unsigned mask[32];
    Exchange kind[32];
    unsigned arrived;
};

// One per host thread. Threads of a block run until they must wait: then the next one that can go on does, else one that has
// not begun, else the block is deadlocked. A thread that ends hands its stack to the next that begins, so a kernel without
// barriers or shuffles never switches stacks.
class Scheduler {
public:
    Scheduler();
    ~Scheduler();
    Scheduler(const Scheduler&) = delete;

    // Runs one block, counted with x fastest; 0, or the CUresult of what went wrong, with message().
    int run(const Grid& launch, uint64_t number);

    // Takes back what a block that a fault ended has left behind.
    void abandon();

    const std::string& message() const { return message_; }
    bool is_running() const { return running_; }

    void wait_at_barrier();
    uint64_t exchange(unsigned mask, Exchange kind, uint64_t value, unsigned source);
    void* shared_memory() { return shared_start_; }
    bool is_shared(uintptr_t address, size_t bytes) { return dynamic_shared().holds(address, bytes) || static_shared_.find(address, bytes) != nullptr; }
    Range dynamic_shared() const;
    StaticShared& static_shared() { return static_shared_; }
    bool is_own_stack(uintptr_t address) const;

    void copy_async(void* to, const void* from, bool real, const void* code);
    Copies& copies() { return current_->copies; }
    void check_matrix_row(const void* row, const void* code);

    // Where the running thread is, in words.
    std::string position() const;

private:
    static void fiber_entry();
    void run_threads();
    void begin_thread(Fiber& fiber);
    void suspend();
    [[noreturn]] void leave_for_good(Fiber& fiber);
    void release_barrier();
    void make_ready(unsigned linear) { ready_[ready_end_++ & ready_mask_] = linear; }
    void go_on(Flow& from, bool last);
    [[noreturn]] void fail(int status, const std::string& why);
    std::string deadlock() const;
    void place_shared(unsigned bytes);
    void answer(Warp& warp, unsigned mask, Exchange kind);
    void check_alignment(const char* what, const void* address);

    StackPool stacks_;
    std::vector<Fiber> fibers_;
    std::vector<Warp> warps_;
    std::vector<unsigned> ready_;
    std::vector<unsigned> at_barrier_;
    unsigned ready_mask_ = 0;
    unsigned ready_begin_ = 0;
    unsigned ready_end_ = 0;
    unsigned waiting_ = 0; // at the barrier
    unsigned live_ = 0;
    unsigned count_ = 0;
    unsigned next_ = 0; // first thread that has not begun
    uint3 next_index_{0, 0, 0};
    const Grid* grid_ = nullptr;
    Fiber* current_ = nullptr;
    Stack starting_; // of the flow that begins next
    Flow home_;
    bool running_ = false;
    int status_ = 0;
    std::string message_;
    StaticShared static_shared_;
    char* shared_region_ = nullptr;
    char* shared_start_ = nullptr;
    static constexpr size_t shared_capacity = 256 * 1024;
};

// The scheduler of the calling host thread.
Scheduler& scheduler();
} // namespace sim
