// What a stream does, one thing after another, and what the nodes of a graph are.
#pragma once
#include <cstdint>
#include <memory>
#include <vector>
#include "faults.h"
#include "modules.h"
#include "scheduler.h"
#include "simcuda.h"

namespace sim {
// Immutable once made: a graph runs the same work many times.
class Work {
public:
    virtual ~Work() = default;
    virtual Fault run() const = 0;
    // CUgraphNodeType: 0 kernel, 1 copy, 2 fill, 3 host
    virtual int node_type() const = 0;
};

typedef std::shared_ptr<const Work> WorkPointer;

// A kernel launch with its own copy of the arguments.
class KernelWork final : public Work {
public:
    KernelWork(const Function& function, uint3 grid, uint3 block, unsigned shared_bytes, void** arguments, bool fails);
    Fault run() const override;
    int node_type() const override { return 0; }

private:
    const Function* function_;
    Grid grid_;
    std::unique_ptr<char[]> values_;
    std::vector<void*> pointers_;
    bool fails_;
};

class CopyWork final : public Work {
public:
    CopyWork(void* to, const void* from, size_t bytes) : to_(to), from_(from), bytes_(bytes) {}
    Fault run() const override;
    int node_type() const override { return 1; }

private:
    void* to_;
    const void* from_;
    size_t bytes_;
};

// Sets elements of 1, 2 or 4 bytes.
class FillWork final : public Work {
public:
    FillWork(void* to, uint32_t value, unsigned width, size_t count) : to_(to), value_(value), width_(width), count_(count) {}
    Fault run() const override;
    int node_type() const override { return 2; }

private:
    void* to_;
    uint32_t value_;
    unsigned width_;
    size_t count_;
};

// A function of a library double, or a host function of the application.
class HostWork final : public Work {
public:
    HostWork(const char* name, simcuda_work function, const void* context, size_t bytes);
    Fault run() const override;
    int node_type() const override { return 3; }

private:
    const char* name_;
    simcuda_work function_;
    std::vector<char> context_;
};

class CallbackWork final : public Work {
public:
    CallbackWork(void (*function)(void*), void* data) : function_(function), data_(data) {}
    Fault run() const override;
    int node_type() const override { return 3; }

private:
    void (*function_)(void*);
    void* data_;
};

// Gives pool memory back in stream order.
class FreeWork final : public Work {
public:
    explicit FreeWork(uintptr_t address) : address_(address) {}
    Fault run() const override;
    int node_type() const override { return 11; }

private:
    uintptr_t address_;
};
} // namespace sim
