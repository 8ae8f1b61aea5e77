#include "work.h"
#include <cstring>
#include "driver.h"
#include "grid.h"
#include "memory.h"
#include "status.h"

namespace sim {
KernelWork::KernelWork(const Function& function, uint3 grid, uint3 block, unsigned shared_bytes, void** arguments, bool fails)
    : function_(&function), pointers_(function.entry->count), fails_(fails) {
    size_t bytes = 0;
    for (unsigned i = 0; i < function.entry->count; i++) {
        bytes += (function.entry->sizes[i] + 15u) & ~15u;
    }
    values_.reset(new char[bytes + 1]);
    size_t at = 0;
    for (unsigned i = 0; i < function.entry->count; i++) {
        memcpy(values_.get() + at, arguments[i], function.entry->sizes[i]);
        pointers_[i] = values_.get() + at;
        at += (function.entry->sizes[i] + 15u) & ~15u;
    }
    grid_.name = function.name.c_str();
    grid_.invoke = function.entry->invoke;
    grid_.arguments = pointers_.data();
    grid_.grid = grid;
    grid_.block = block;
    grid_.shared_bytes = shared_bytes;
}

Fault KernelWork::run() const {
    if (fails_) {
        return {status::launch_failed, "launch of " + function_->name + " fails as asked for"};
    }
    Fault fault = run_grid(grid_);
    if (fault.status != 0) {
        fault.message = "kernel " + function_->name + ": " + fault.message;
    }
    return fault;
}

Fault CopyWork::run() const {
    Fault fault = run_guarded([this] {
        memmove(to_, from_, bytes_);
        return Fault{};
    });
    if (fault.status != 0) {
        fault.message = "copy of " + std::to_string(bytes_) + " bytes: " + fault.message;
    }
    return fault;
}

Fault FillWork::run() const {
    Fault fault = run_guarded([this] {
        char* to = static_cast<char*>(to_);
        if (width_ == 1) {
            memset(to, static_cast<int>(value_), count_);
        } else {
            for (size_t i = 0; i < count_; i++) {
                memcpy(to + i * width_, &value_, width_);
            }
        }
        return Fault{};
    });
    if (fault.status != 0) {
        fault.message = "fill of " + std::to_string(count_) + " x " + std::to_string(width_) + " bytes: " + fault.message;
    }
    return fault;
}

HostWork::HostWork(const char* name, simcuda_work function, const void* context, size_t bytes)
    : name_(name), function_(function), context_(static_cast<const char*>(context), static_cast<const char*>(context) + bytes) {}

Fault HostWork::run() const {
    // A copy for each run: a graph runs the same node again.
    std::vector<char> context(context_);
    context.resize(context.size() + 1);
    Fault fault = run_guarded([&] { return Fault{function_(context.data()), ""}; });
    if (fault.status != 0) {
        fault.message = std::string(name_) + ": " + (fault.message.empty() ? "status " + std::to_string(fault.status) : fault.message);
    }
    return fault;
}

Fault CallbackWork::run() const {
    driver().in_callback = true;
    function_(data_);
    driver().in_callback = false;
    return {};
}

Fault FreeWork::run() const {
    std::string damage;
    int status = memory().free(address_, false, damage);
    return {status, damage};
}
} // namespace sim
