// Stacks to run simulated threads on, and the switch between them.
#pragma once
#include <cstddef>
#include <vector>

namespace sim {
// A stack with a guard page below it.
struct Stack {
    char* memory = nullptr;
    static constexpr size_t bytes = 128 * 1024;

    char* top() const { return memory + bytes; }
};

// Stacks of one worker that are not in use, kept for the next thread.
class StackPool {
public:
    ~StackPool();
    Stack take();
    void give(Stack stack) { free_.push_back(stack); }

private:
    std::vector<Stack> free_;
};

// Where a suspended flow of control goes on. AddressSanitizer wants to know the stack it lies on.
struct Flow {
    void* stack_pointer = nullptr;
    const void* bottom = nullptr;
    size_t bytes = 0;
};

// A flow that will call entry() on a fresh stack; entry must not return.
Flow new_flow(Stack stack, void (*entry)());

// Leaves the running flow at `from` and goes on at `to`. With `last`, the running flow is never resumed.
void switch_flow(Flow& from, const Flow& to, bool last);

// To be called first by the entry of a new flow.
void flow_started();
} // namespace sim
