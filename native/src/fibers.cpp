#include "fibers.h"
#include <sys/mman.h>
#include <unistd.h>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif
#if !defined(__x86_64__)
#include <ucontext.h>
#endif

namespace sim {
StackPool::~StackPool() {
    for (Stack stack : free_) {
        munmap(stack.memory, Stack::bytes);
    }
}

Stack StackPool::take() {
    if (!free_.empty()) {
        Stack stack = free_.back();
        free_.pop_back();
        return stack;
    }
    void* memory = mmap(nullptr, Stack::bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) {
        perror("simcuda: no memory for a thread's stack");
        abort();
    }
    mprotect(memory, static_cast<size_t>(sysconf(_SC_PAGESIZE)), PROT_NONE);
    return Stack{static_cast<char*>(memory)};
}

#if defined(__x86_64__)
// Saves what the System V ABI wants preserved, and swaps stacks: some 20 times cheaper than swapcontext, which also
// saves the signal mask by a system call.
extern "C" void simcuda_switch_stacks(void** save, void* to);
asm(R"(
.text
.globl simcuda_switch_stacks
.hidden simcuda_switch_stacks
.type simcuda_switch_stacks,@function
simcuda_switch_stacks:
  pushq %rbp
  pushq %rbx
  pushq %r12
  pushq %r13
  pushq %r14
  pushq %r15
  movq %rsp,(%rdi)
  movq %rsi,%rsp
  popq %r15
  popq %r14
  popq %r13
  popq %r12
  popq %rbx
  popq %rbp
  ret
.size simcuda_switch_stacks,.-simcuda_switch_stacks
)");

Flow new_flow(Stack stack, void (*entry)()) {
    void** pointer = reinterpret_cast<void**>(stack.top());
    *--pointer = nullptr; // return address of entry; also aligns the stack as a call would
    *--pointer = reinterpret_cast<void*>(entry);
    for (int saved = 0; saved < 6; saved++) {
        *--pointer = nullptr;
    }
    return Flow{pointer, stack.memory, Stack::bytes};
}

static void swap(Flow& from, const Flow& to) { simcuda_switch_stacks(&from.stack_pointer, to.stack_pointer); }
#else
// Other processors: stack_pointer is a ucontext_t at the top of the stack.
static thread_local ucontext_t home;

Flow new_flow(Stack stack, void (*entry)()) {
    ucontext_t* context = reinterpret_cast<ucontext_t*>(stack.top()) - 1;
    getcontext(context);
    context->uc_stack.ss_sp = stack.memory;
    context->uc_stack.ss_size = Stack::bytes - sizeof(ucontext_t);
    context->uc_link = nullptr;
    makecontext(context, entry, 0);
    return Flow{context, stack.memory, Stack::bytes};
}

static void swap(Flow& from, const Flow& to) {
    if (from.stack_pointer == nullptr) {
        from.stack_pointer = &home;
    }
    swapcontext(static_cast<ucontext_t*>(from.stack_pointer), static_cast<ucontext_t*>(to.stack_pointer));
}
#endif

void switch_flow(Flow& from, const Flow& to, [[maybe_unused]] bool last) {
#if defined(__SANITIZE_ADDRESS__)
    void* fake_stack = nullptr;
    __sanitizer_start_switch_fiber(last ? nullptr : &fake_stack, to.bottom, to.bytes);
    swap(from, to);
    __sanitizer_finish_switch_fiber(fake_stack, nullptr, nullptr);
#else
    swap(from, to);
#endif
}

void flow_started() {
#if defined(__SANITIZE_ADDRESS__)
    __sanitizer_finish_switch_fiber(nullptr, nullptr, nullptr);
#endif
}
} // namespace sim
