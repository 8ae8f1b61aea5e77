#include "scheduler.h"
#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include "races.h"
#include "status.h"

namespace sim {
__thread Thread* thread __attribute__((tls_model("initial-exec")));
__thread Block block __attribute__((tls_model("initial-exec")));
static __thread Scheduler* mine __attribute__((tls_model("initial-exec")));

// Variables of the initial-exec kind make a library that is opened late take all its thread-local memory from a small
// reserve (some hundred bytes); hence a pointer.
Scheduler& scheduler() {
    static thread_local std::unique_ptr<Scheduler> instance;
    if (instance == nullptr) {
        instance = std::make_unique<Scheduler>();
        mine = instance.get();
    }
    return *instance;
}

__attribute__((visibility("default"))) void barrier() { mine->wait_at_barrier(); }
__attribute__((visibility("default"))) void* dynamic_shared() { return mine->shared_memory(); }
__attribute__((visibility("default"))) uint64_t warp_exchange(unsigned mask, Exchange kind, uint64_t value, unsigned source) {
    return mine->exchange(mask, kind, value, source);
}
__attribute__((visibility("default"))) void copy_async(void* to, const void* from, bool real) { mine->copy_async(to, from, real, __builtin_return_address(0)); }
__attribute__((visibility("default"))) void commit_copies() { mine->copies().commit(); }
__attribute__((visibility("default"))) void wait_copies(unsigned pending) { mine->copies().wait(pending, __builtin_return_address(0)); }
__attribute__((visibility("default"))) void check_matrix_row(const void* row) { mine->check_matrix_row(row, __builtin_return_address(0)); }

Scheduler::Scheduler() {
    size_t page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
    void* region = mmap(nullptr, shared_capacity + page, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (region == MAP_FAILED) {
        perror("simcuda: no memory for shared memory");
        abort();
    }
    shared_region_ = static_cast<char*>(region);
    mprotect(shared_region_ + shared_capacity, page, PROT_NONE);
#if defined(__SANITIZE_ADDRESS__)
    pthread_attr_t attributes;
    void* bottom = nullptr;
    pthread_getattr_np(pthread_self(), &attributes);
    pthread_attr_getstack(&attributes, &bottom, &home_.bytes);
    pthread_attr_destroy(&attributes);
    home_.bottom = bottom;
#endif
}

Scheduler::~Scheduler() { munmap(shared_region_, shared_capacity + static_cast<size_t>(sysconf(_SC_PAGESIZE))); }

// Ends at the guard page, so that an overrun of more than the rounding to 16 bytes faults; NaN, so that a read before a write shows.
void Scheduler::place_shared(unsigned bytes) {
    size_t rounded = (static_cast<size_t>(bytes) + 15) & ~static_cast<size_t>(15);
    shared_start_ = shared_region_ + shared_capacity - rounded;
    memset(shared_start_, 0xff, rounded);
}

int Scheduler::run(const Grid& launch, uint64_t number) {
    grid_ = &launch;
    count_ = live_ = launch.threads();
    if (fibers_.size() < count_) {
        fibers_.resize(count_);
        at_barrier_.resize(count_);
        warps_.resize((count_ + 31) / 32);
        unsigned capacity = 1;
        while (capacity < count_) {
            capacity *= 2;
        }
        ready_.resize(capacity);
        ready_mask_ = capacity - 1;
    }
    for (unsigned warp = 0; warp < (count_ + 31) / 32; warp++) {
        warps_[warp].arrived = 0;
    }
    ready_begin_ = ready_end_ = waiting_ = next_ = 0;
    next_index_ = {0, 0, 0};
    status_ = 0;
    block.index = launch.index(number);
    block.size = launch.block;
    block.grid = launch.grid;
    place_shared(launch.shared_bytes);
    races::begin_block(number, count_);
    running_ = true;
    starting_ = stacks_.take();
    switch_flow(home_, new_flow(starting_, fiber_entry), false);
    abandon();
    return status_;
}

void Scheduler::abandon() {
    for (unsigned i = 0; i < next_; i++) {
        if (fibers_[i].stack.memory != nullptr) {
            stacks_.give(fibers_[i].stack);
            fibers_[i].stack.memory = nullptr;
        }
    }
    next_ = 0;
    running_ = false;
    thread = nullptr;
}

void Scheduler::fiber_entry() {
    flow_started();
    mine->run_threads();
    __builtin_unreachable();
}

// The life of a stack: one thread after another, as long as none that waits can go on.
void Scheduler::run_threads() {
    Stack stack = starting_;
    for (;;) {
        Fiber& fiber = fibers_[next_];
        fiber.stack = stack;
        fiber.flow.bottom = stack.memory;
        fiber.flow.bytes = Stack::bytes;
        begin_thread(fiber);
        grid_->invoke(grid_->arguments);
        live_--;
        if (waiting_ != 0 && waiting_ == live_) {
            release_barrier();
        }
        if (ready_begin_ != ready_end_ || next_ == count_) {
            leave_for_good(fiber);
        }
        fiber.stack.memory = nullptr;
    }
}

void Scheduler::begin_thread(Fiber& fiber) {
    fiber.info.index = next_index_;
    fiber.info.linear = next_++;
    if (++next_index_.x == grid_->block.x) {
        next_index_.x = 0;
        if (++next_index_.y == grid_->block.y) {
            next_index_.y = 0;
            next_index_.z++;
        }
    }
    fiber.copies.clear();
    current_ = &fiber;
    thread = &fiber.info;
}

void Scheduler::leave_for_good(Fiber& fiber) {
    stacks_.give(fiber.stack);
    fiber.stack.memory = nullptr;
    if (live_ == 0) {
        switch_flow(fiber.flow, home_, true);
    }
    go_on(fiber.flow, true);
    __builtin_unreachable();
}

// Leaves the running thread for one that waited and may go on, or else for a new one.
void Scheduler::go_on(Flow& from, bool last) {
    if (ready_begin_ != ready_end_) {
        Fiber& next = fibers_[ready_[ready_begin_++ & ready_mask_]];
        current_ = &next;
        thread = &next.info;
        switch_flow(from, next.flow, last);
    } else if (next_ < count_) {
        starting_ = stacks_.take();
        switch_flow(from, new_flow(starting_, fiber_entry), last);
    } else {
        fail(status::launch_failed, deadlock());
    }
}

void Scheduler::fail(int status, const std::string& why) {
    status_ = status;
    message_ = why;
    switch_flow(current_->flow, home_, true);
    __builtin_unreachable();
}

void Scheduler::release_barrier() {
    races::all_met();
    for (unsigned i = 0; i < waiting_; i++) {
        make_ready(at_barrier_[i]);
    }
    waiting_ = 0;
}

void Scheduler::wait_at_barrier() {
    if (waiting_ + 1 == live_) {
        release_barrier();
        return;
    }
    Fiber& fiber = *current_;
    at_barrier_[waiting_++] = fiber.info.linear;
    go_on(fiber.flow, false);
}

uint64_t Scheduler::exchange(unsigned mask, Exchange kind, uint64_t value, unsigned source) {
    Fiber& fiber = *current_;
    unsigned lane = fiber.info.linear & 31;
    unsigned first = fiber.info.linear & ~31u;
    Warp& warp = warps_[first >> 5];
    unsigned lanes = count_ - first;
    if (lanes < 32) {
        mask &= (1u << lanes) - 1;
    }
    if ((mask >> lane & 1) == 0) {
        fail(status::launch_failed, "lane not in the mask that it gave to a warp function, " + position());
    }
    warp.value[lane] = value;
    warp.source[lane] = static_cast<uint8_t>(source);
    warp.mask[lane] = mask;
    warp.kind[lane] = kind;
    warp.arrived |= 1u << lane;
    if ((warp.arrived & mask) != mask) {
        go_on(fiber.flow, false);
        return warp.answer[lane];
    }
    answer(warp, mask, kind);
    if (kind == Exchange::sync) { // the others order nothing
        races::lanes_met(first, mask);
    }
    warp.arrived &= ~mask;
    for (unsigned rest = mask & ~(1u << lane); rest != 0; rest &= rest - 1) {
        make_ready(first + static_cast<unsigned>(__builtin_ctz(rest)));
    }
    return warp.answer[lane];
}

// What each lane of the mask gets; all of them have arrived.
void Scheduler::answer(Warp& warp, unsigned mask, Exchange kind) {
    uint64_t all = kind == Exchange::min || kind == Exchange::bit_and ? UINT32_MAX
                   : kind == Exchange::min_signed                     ? static_cast<uint64_t>(INT64_MAX)
                   : kind == Exchange::max_signed                     ? static_cast<uint64_t>(INT64_MIN)
                                                                      : 0;
    for (unsigned rest = mask; rest != 0; rest &= rest - 1) {
        unsigned lane = static_cast<unsigned>(__builtin_ctz(rest));
        if (warp.mask[lane] != mask || warp.kind[lane] != kind) {
            fail(status::launch_failed, "lanes of a warp meet in different warp functions or with different masks, " + position());
        }
        uint64_t value = warp.value[lane];
        switch (kind) {
        case Exchange::meet: break;
        case Exchange::sync: break;
        case Exchange::shuffle:
            warp.answer[lane] = mask >> warp.source[lane] & 1 ? warp.value[warp.source[lane]] : UINT64_MAX;
            break;
        case Exchange::ballot: all |= static_cast<uint64_t>(value != 0) << lane; break;
        case Exchange::match:
            warp.answer[lane] = 0;
            for (unsigned other = 0; other < 32; other++) {
                warp.answer[lane] |= static_cast<uint64_t>((mask >> other & 1) != 0 && warp.value[other] == value) << other;
            }
            break;
        case Exchange::add: all += value; break;
        case Exchange::min: all = value < all ? value : all; break;
        case Exchange::max: all = value > all ? value : all; break;
        case Exchange::min_signed: all = static_cast<int64_t>(value) < static_cast<int64_t>(all) ? value : all; break;
        case Exchange::max_signed: all = static_cast<int64_t>(value) > static_cast<int64_t>(all) ? value : all; break;
        case Exchange::bit_and: all &= value; break;
        case Exchange::bit_or: all |= value; break;
        case Exchange::bit_xor: all ^= value; break;
        }
    }
    if (kind != Exchange::shuffle && kind != Exchange::match) {
        for (unsigned rest = mask; rest != 0; rest &= rest - 1) {
            warp.answer[__builtin_ctz(rest)] = all;
        }
    }
}

Range Scheduler::dynamic_shared() const {
    return {reinterpret_cast<uintptr_t>(shared_start_), reinterpret_cast<uintptr_t>(shared_region_) + shared_capacity};
}

bool Scheduler::is_own_stack(uintptr_t address) const {
    uintptr_t bottom = reinterpret_cast<uintptr_t>(current_->stack.memory);
    return address - bottom < Stack::bytes;
}

void Scheduler::check_alignment(const char* what, const void* address) {
    if (reinterpret_cast<uintptr_t>(address) % 16 != 0) {
        char text[128];
        snprintf(text, sizeof text, "%s: expected a multiple of 16 bytes, got %p, ", what, address);
        fail(status::misaligned_address, text + position());
    }
}

void Scheduler::copy_async(void* to, const void* from, bool real, const void* code) {
    check_alignment("destination of an asynchronous copy", to);
    check_alignment("source of an asynchronous copy", from);
    if (!is_shared(reinterpret_cast<uintptr_t>(to), Copies::bytes)) {
        fail(status::illegal_address, "asynchronous copy to memory that is not shared, " + position());
    }
    current_->copies.issue(static_cast<char*>(to), real ? static_cast<const char*>(from) : nullptr, code);
}

void Scheduler::check_matrix_row(const void* row, const void* code) {
    check_alignment("row of a matrix", row);
    if (!is_shared(reinterpret_cast<uintptr_t>(row), 16)) {
        fail(status::illegal_address, "row of a matrix in memory that is not shared, " + position());
    }
    races::access(row, 16, races::Access::read, code);
}

std::string Scheduler::deadlock() const {
    unsigned in_warps = 0;
    for (unsigned warp = 0; warp < (count_ + 31) / 32; warp++) {
        in_warps += static_cast<unsigned>(__builtin_popcount(warps_[warp].arrived));
    }
    char text[256];
    snprintf(text, sizeof text,
             "deadlock: %u threads wait at __syncthreads and %u in warp functions for others that never come (%u of %u ended), block %u,%u,%u",
             waiting_, in_warps, count_ - live_, count_, block.index.x, block.index.y, block.index.z);
    return text;
}

std::string Scheduler::position() const {
    if (!running_ || current_ == nullptr) {
        return "outside any block";
    }
    uint3 at = current_->info.index;
    char text[128];
    snprintf(text, sizeof text, "block %u,%u,%u thread %u,%u,%u", block.index.x, block.index.y, block.index.z, at.x, at.y, at.z);
    return text;
}
} // namespace sim
