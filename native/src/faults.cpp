#include "faults.h"
#include <csetjmp>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <mutex>
#include "memory.h"
#include "scheduler.h"
#include "status.h"

namespace sim {
static const int guarded_signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL};
static struct sigaction previous[64];
static __thread sigjmp_buf* target __attribute__((tls_model("initial-exec")));
static __thread uintptr_t fault_address __attribute__((tls_model("initial-exec")));

[[maybe_unused]] static void on_signal(int signal, siginfo_t* info, void* context) {
    if (target != nullptr) {
        fault_address = reinterpret_cast<uintptr_t>(info->si_addr);
        siglongjmp(*target, signal);
    }
    const struct sigaction& before = previous[signal];
    if ((before.sa_flags & SA_SIGINFO) != 0) {
        before.sa_sigaction(signal, info, context);
    } else if (before.sa_handler == SIG_DFL || before.sa_handler == SIG_IGN) {
        ::signal(signal, SIG_DFL);
        raise(signal);
    } else {
        before.sa_handler(signal);
    }
}

void install_fault_handlers() {
#if !defined(__SANITIZE_ADDRESS__)
    static std::once_flag once;
    std::call_once(once, [] {
        struct sigaction action {};
        action.sa_sigaction = on_signal;
        action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
        for (int signal : guarded_signals) {
            sigaction(signal, &action, &previous[signal]);
        }
    });
#endif
}

static Fault describe(int signal) {
    std::string where = scheduler().is_running() ? ", " + scheduler().position() : "";
    switch (signal) {
    case SIGFPE: return {status::launch_failed, "integer division by zero or overflow" + where};
    case SIGILL: return {status::illegal_instruction, "trap" + where};
    default: return {status::illegal_address, "illegal address " + memory().describe(fault_address) + where};
    }
}

namespace {
// A stack for the handler, for a fault may be the overflow of the stack it happens on.
class AlternateStack {
public:
    AlternateStack() {
        // Not itself thread-local: this library's thread-local memory must stay tiny, see scheduler.cpp.
        static thread_local std::unique_ptr<char[]> memory(new char[bytes]);
        stack_t stack{};
        stack.ss_sp = memory.get();
        stack.ss_size = bytes;
        sigaltstack(&stack, &before_);
    }
    ~AlternateStack() { sigaltstack(&before_, nullptr); }

private:
    static constexpr size_t bytes = 64 * 1024;
    stack_t before_{};
};
} // namespace

Fault run_guarded(const std::function<Fault()>& body) {
    AlternateStack alternate;
    sigjmp_buf* outer = target;
    sigjmp_buf here;
    int signal = sigsetjmp(here, 1);
    if (signal != 0) {
        target = outer;
        Fault fault = describe(signal);
        scheduler().abandon();
        return fault;
    }
    target = &here;
    Fault result = body();
    target = outer;
    return result;
}
} // namespace sim
