// What the cuBLASLt double keeps and how it checks that things fit each other; values of enumerations are those of cublasLt.h.
#pragma once
#include <climits>
#include <cstdarg>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <initializer_list>

#include "cublaslt_gemm.h"
#include "simcuda.h"

namespace simblas {


enum Status { SUCCESS = 0, NOT_INITIALIZED = 1, INVALID_VALUE = 7, EXECUTION_FAILED = 13, NOT_SUPPORTED = 15 };
enum Compute { COMPUTE_32F = 68, COMPUTE_32F_FAST_TF32 = 77 };
enum DescriptorAttribute { TRANSA = 3, TRANSB = 4, EPILOGUE = 7, BIAS_POINTER = 8 };
enum LayoutAttribute { BATCH_COUNT = 5, STRIDED_BATCH_OFFSET = 6 };
enum PreferenceAttribute { MAX_WORKSPACE_BYTES = 1, REDUCTION_SCHEME_MASK = 3, MIN_ALIGNMENT_A = 5, MIN_ALIGNMENT_D = 8 };
enum Epilogue { EPILOGUE_DEFAULT = 1, EPILOGUE_RELU = 2, EPILOGUE_BIAS = 4, EPILOGUE_RELU_BIAS = 6 };

constexpr uint32_t ALGORITHM_MARK = 0x5a160001;
constexpr int ALGORITHMS = 3;
constexpr uint64_t WORKSPACE_BYTES = 4096;  // asked for by every algorithm but the last
constexpr uintptr_t WORKSPACE_ALIGNMENT = 256;

// Each object starts with the mark of its kind, which is wiped at destruction.
constexpr uint64_t HANDLE = 0x68616e646c650001, DESCRIPTOR = 0x6465736372000002, LAYOUT = 0x6c61796f75740003,
                   PREFERENCE = 0x7072656665720004;

struct Handle {
    uint64_t mark = HANDLE;
};

struct Descriptor {
    uint64_t mark = DESCRIPTOR;
    int compute = 0;
    bool transposeA = false;
    bool transposeB = false;
    uint32_t epilogue = EPILOGUE_DEFAULT;
    const void* bias = nullptr;
};

struct Layout {
    uint64_t mark = LAYOUT;
    int type = 0;
    uint64_t rows = 0;
    uint64_t columns = 0;
    int64_t ld = 0;
    int32_t batches = 1;
    int64_t batchStride = 0;
};

struct Preference {
    uint64_t mark = PREFERENCE;
    uint64_t workspace = 0;
    uint32_t reductions = 7;
    uint32_t alignment[4] = {256, 256, 256, 256};
};

// What the double keeps in the 64 opaque bytes of cublasLtMatmulAlgo_t: which algorithm, what it was chosen for, and what
// it relies on.
struct Algorithm {
    uint32_t mark;
    int32_t id;
    uint64_t configuration;
    uint64_t workspace;
    uint32_t alignment[4];
    uint64_t unused[3];
};
static_assert(sizeof(Algorithm) == 64);

struct HeuristicResult {
    Algorithm algorithm;
    size_t workspace;
    int32_t state;
    float waves;
    int32_t reserved[4];
};
static_assert(sizeof(HeuristicResult) == 96);

// Prints why and returns the status.
__attribute__((format(printf, 2, 3))) int refuse(Status status, const char* format, ...);

template <class T>
bool valid(const T* object) {
    return object && object->mark == T().mark;
}

template <class T>
int destroy(T* object, const char* function) {
    if (!valid(object)) {
        return refuse(INVALID_VALUE, "%s: not a living object of this kind", function);
    }
    object->mark = 0;
    delete object;
    return SUCCESS;
}

template <class T>
bool read(T* to, const void* from, size_t bytes) {
    if (!from || bytes != sizeof(T)) {
        return false;
    }
    std::memcpy(to, from, sizeof(T));
    return true;
}

// A product on its way through a stream: all values are copies, as with the real library in host pointer mode.
struct Work {
    Product product;
    void* workspace;
    uint64_t workspaceBytes;
};

bool powerOfTwo(uint64_t value);
bool biased(const Descriptor& d);
bool knownEpilogue(uint32_t epilogue);
bool knownType(int type);
int64_t typeBytes(int type);
int checkLayout(const char* name, const Layout& layout);
// Checks that the operation and its four layouts fit each other.
int checkOperation(const Descriptor* op, const Layout* a, const Layout* b, const Layout* c, const Layout* d);
// Identifies everything but the sizes: what a real algorithm's configuration depends on.
uint64_t configuration(const Descriptor& op, const Layout& a, const Layout& d, bool batched);
int checkAlgorithm(const Algorithm& algorithm, const Descriptor& op, const Layout& a, const Layout& d);
Matrix matrix(const Layout& layout, const void* data);
int checkPointer(const char* name, const void* pointer, uintptr_t alignment);
// Checks that all elements of all batches lie in one allocation of the device.
int checkRange(const char* name, const Matrix& m, int batches);
int run(void* context);

}  // namespace simblas
