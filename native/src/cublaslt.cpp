// libcublasLt.so.13 of the simulated device: exactly the functions and attributes that Earshot calls. Everything else is
// refused with a line on stderr, so that a call which only the real library understands does not pass unnoticed.
// Values of enumerations are those of cublasLt.h (CUDA 13).
#include <climits>
#include <cstdarg>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <initializer_list>

#include "cublaslt_gemm.h"
#include "simcuda.h"

#define API extern "C" __attribute__((visibility("default")))

namespace {

using simblas::Matrix;
using simblas::Product;
using simblas::Type;

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

bool refuses_epilogues = false;

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

__attribute__((format(printf, 2, 3))) int refuse(Status status, const char* format, ...) {
    va_list arguments;
    va_start(arguments, format);
    fputs("simulated cublasLt: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    return status;
}

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

bool powerOfTwo(uint64_t value) { return value && !(value & (value - 1)); }

bool biased(const Descriptor& d) { return d.epilogue & EPILOGUE_BIAS; }

bool knownEpilogue(uint32_t epilogue) {
    return epilogue == EPILOGUE_DEFAULT || epilogue == EPILOGUE_RELU || epilogue == EPILOGUE_BIAS ||
           epilogue == EPILOGUE_RELU_BIAS;
}

bool knownType(int type) { return type == static_cast<int>(Type::F32) || type == static_cast<int>(Type::BF16); }

int64_t typeBytes(int type) { return simblas::bytes(static_cast<Type>(type)); }

int checkLayout(const char* name, const Layout& layout) {
    if (!knownType(layout.type)) {
        return refuse(NOT_SUPPORTED, "layout %s: data type %d", name, layout.type);
    }
    if (layout.rows < 1 || layout.columns < 1 || layout.rows > INT_MAX || layout.columns > INT_MAX) {
        return refuse(INVALID_VALUE, "layout %s: %llu x %llu", name, (unsigned long long)layout.rows,
                      (unsigned long long)layout.columns);
    }
    if (layout.ld < static_cast<int64_t>(layout.rows)) {
        return refuse(INVALID_VALUE, "layout %s: leading dimension %lld of %llu rows", name, (long long)layout.ld,
                      (unsigned long long)layout.rows);
    }
    if (layout.batches < 1 || layout.batchStride < 0) {
        return refuse(INVALID_VALUE, "layout %s: %d batches, %lld apart", name, layout.batches,
                      (long long)layout.batchStride);
    }
    return SUCCESS;
}

// Checks that the operation and its four layouts fit each other.
int checkOperation(const Descriptor* op, const Layout* a, const Layout* b, const Layout* c, const Layout* d) {
    if (!valid(op) || !valid(a) || !valid(b) || !valid(c) || !valid(d)) {
        return refuse(INVALID_VALUE, "a descriptor or layout is missing or destroyed");
    }
    const Layout* layouts[] = {a, b, c, d};
    const char* names[] = {"A", "B", "C", "D"};
    for (int i = 0; i < 4; i++) {
        if (int status = checkLayout(names[i], *layouts[i])) {
            return status;
        }
        if (layouts[i]->batches != d->batches) {
            return refuse(INVALID_VALUE, "layout %s: %d batches, D has %d", names[i], layouts[i]->batches, d->batches);
        }
    }
    if (a->type != b->type || c->type != d->type || (a->type == 0 && d->type != 0)) {
        return refuse(NOT_SUPPORTED, "types A %d, B %d, C %d, D %d", a->type, b->type, c->type, d->type);
    }
    if (op->compute == COMPUTE_32F_FAST_TF32 && a->type != 0) {
        return refuse(NOT_SUPPORTED, "tf32 with operands of type %d", a->type);
    }
    uint64_t m = op->transposeA ? a->columns : a->rows;
    uint64_t k = op->transposeA ? a->rows : a->columns;
    uint64_t kb = op->transposeB ? b->columns : b->rows;
    uint64_t n = op->transposeB ? b->rows : b->columns;
    if (k != kb || d->rows != m || d->columns != n || c->rows != m || c->columns != n) {
        return refuse(INVALID_VALUE, "op(A) %llu x %llu, op(B) %llu x %llu, C %llu x %llu, D %llu x %llu do not fit",
                      (unsigned long long)m, (unsigned long long)k, (unsigned long long)kb, (unsigned long long)n,
                      (unsigned long long)c->rows, (unsigned long long)c->columns, (unsigned long long)d->rows,
                      (unsigned long long)d->columns);
    }
    int64_t last = d->ld * static_cast<int64_t>(n - 1) + static_cast<int64_t>(m);
    if (d->batches > 1 && d->batchStride < last && d->ld < d->batchStride * d->batches) {
        return refuse(INVALID_VALUE, "layout D: batches %lld apart overlap", (long long)d->batchStride);
    }
    return SUCCESS;
}

// Identifies everything but the sizes: what a real algorithm's configuration depends on.
uint64_t configuration(const Descriptor& op, const Layout& a, const Layout& d, bool batched) {
    uint64_t hash = 14695981039346656037ull;
    for (uint64_t part : {(uint64_t)op.compute, (uint64_t)op.transposeA, (uint64_t)op.transposeB,
                          (uint64_t)op.epilogue, (uint64_t)a.type, (uint64_t)d.type, (uint64_t)batched}) {
        hash = (hash ^ part) * 1099511628211ull;
    }
    return hash;
}

int checkAlgorithm(const Algorithm& algorithm, const Descriptor& op, const Layout& a, const Layout& d) {
    if (algorithm.mark != ALGORITHM_MARK || algorithm.id < 0 || algorithm.id >= ALGORITHMS) {
        return refuse(INVALID_VALUE, "not an algorithm of this library");
    }
    if (algorithm.configuration != configuration(op, a, d, d.batches > 1)) {
        return refuse(INVALID_VALUE, "the algorithm was chosen for another operation");
    }
    return SUCCESS;
}

Matrix matrix(const Layout& layout, const void* data) {
    return Matrix{static_cast<Type>(layout.type), static_cast<int64_t>(layout.rows),
                  static_cast<int64_t>(layout.columns), layout.ld, layout.batchStride, const_cast<void*>(data)};
}

int checkPointer(const char* name, const void* pointer, uintptr_t alignment) {
    if (!pointer || reinterpret_cast<uintptr_t>(pointer) % alignment) {
        return refuse(INVALID_VALUE, "%s: %p is not aligned to %llu bytes, as the algorithm was told", name, pointer,
                      (unsigned long long)alignment);
    }
    return SUCCESS;
}

// Checks that all elements of all batches lie in one allocation of the device.
int checkRange(const char* name, const Matrix& m, int batches) {
    int64_t elements = (batches - 1) * m.batchStride + (m.columns - 1) * m.ld + m.rows;
    if (!simcuda_is_device_range(m.data, static_cast<size_t>(elements * simblas::bytes(m.type)))) {
        return refuse(INVALID_VALUE, "%s: %lld elements from %p are not in device memory", name, (long long)elements, m.data);
    }
    return SUCCESS;
}

// A product on its way through a stream: all values are copies, as with the real library in host pointer mode.
struct Work {
    Product product;
    void* workspace;
    uint64_t workspaceBytes;
};

int run(void* context) {
    Work* work = static_cast<Work*>(context);
    if (work->workspaceBytes) {
        std::memset(work->workspace, 0xff, work->workspaceBytes);  // whoever needs it for something else shall notice
    }
    return simblas::compute(work->product);
}

}  // namespace

// For tests: 1 lets the library have no algorithm for a product with a bias or an activation, 0 takes it back.
API void simcublaslt_refuse_epilogues(int refuses) { refuses_epilogues = refuses != 0; }

API int cublasLtCreate(Handle** handle) {
    if (!handle) {
        return INVALID_VALUE;
    }
    *handle = new Handle();
    return SUCCESS;
}

API int cublasLtDestroy(Handle* handle) { return destroy(handle, "cublasLtDestroy"); }

API size_t cublasLtGetVersion() { return 130000; }

API const char* cublasLtGetStatusName(int status) {
    switch (status) {
        case SUCCESS: return "CUBLAS_STATUS_SUCCESS";
        case NOT_INITIALIZED: return "CUBLAS_STATUS_NOT_INITIALIZED";
        case INVALID_VALUE: return "CUBLAS_STATUS_INVALID_VALUE";
        case EXECUTION_FAILED: return "CUBLAS_STATUS_EXECUTION_FAILED";
        case NOT_SUPPORTED: return "CUBLAS_STATUS_NOT_SUPPORTED";
        default: return "unrecognized status";
    }
}

API const char* cublasLtGetStatusString(int status) {
    switch (status) {
        case SUCCESS: return "success";
        case NOT_INITIALIZED: return "the library was not initialized";
        case INVALID_VALUE: return "an unsupported value or parameter was passed to the function";
        case EXECUTION_FAILED: return "the function failed to launch on the GPU";
        case NOT_SUPPORTED: return "the requested functionality is not supported";
        default: return "unrecognized status";
    }
}

API int cublasLtMatmulDescCreate(Descriptor** descriptor, int compute, int scaleType) {
    if (!descriptor) {
        return INVALID_VALUE;
    }
    if ((compute != COMPUTE_32F && compute != COMPUTE_32F_FAST_TF32) || scaleType != 0) {
        return refuse(NOT_SUPPORTED, "cublasLtMatmulDescCreate: compute type %d, scale type %d", compute, scaleType);
    }
    *descriptor = new Descriptor();
    (*descriptor)->compute = compute;
    return SUCCESS;
}

API int cublasLtMatmulDescDestroy(Descriptor* descriptor) { return destroy(descriptor, "cublasLtMatmulDescDestroy"); }

API int cublasLtMatmulDescSetAttribute(Descriptor* descriptor, int attribute, const void* value, size_t bytes) {
    if (!valid(descriptor)) {
        return refuse(INVALID_VALUE, "cublasLtMatmulDescSetAttribute: no descriptor");
    }
    bool taken = false;
    int32_t flag = 0;
    switch (attribute) {
        case TRANSA:
        case TRANSB:
            taken = read(&flag, value, bytes) && (flag == 0 || flag == 1);
            if (taken) {
                (attribute == TRANSA ? descriptor->transposeA : descriptor->transposeB) = flag == 1;
            }
            break;
        case EPILOGUE: {
            uint32_t epilogue = 0;
            if (read(&epilogue, value, bytes)) {
                if (!knownEpilogue(epilogue)) {
                    return refuse(NOT_SUPPORTED, "cublasLtMatmulDescSetAttribute: epilogue %u", epilogue);
                }
                descriptor->epilogue = epilogue;
                taken = true;
            }
            break;
        }
        case BIAS_POINTER:
            taken = read(&descriptor->bias, value, bytes);
            break;
        default:
            return refuse(NOT_SUPPORTED, "cublasLtMatmulDescSetAttribute: attribute %d", attribute);
    }
    return taken ? SUCCESS : refuse(INVALID_VALUE, "cublasLtMatmulDescSetAttribute: value of attribute %d", attribute);
}

API int cublasLtMatrixLayoutCreate(Layout** layout, int type, uint64_t rows, uint64_t columns, int64_t ld) {
    if (!layout) {
        return INVALID_VALUE;
    }
    *layout = new Layout();
    (*layout)->type = type;
    (*layout)->rows = rows;
    (*layout)->columns = columns;
    (*layout)->ld = ld;
    return SUCCESS;
}

API int cublasLtMatrixLayoutDestroy(Layout* layout) { return destroy(layout, "cublasLtMatrixLayoutDestroy"); }

API int cublasLtMatrixLayoutSetAttribute(Layout* layout, int attribute, const void* value, size_t bytes) {
    if (!valid(layout)) {
        return refuse(INVALID_VALUE, "cublasLtMatrixLayoutSetAttribute: no layout");
    }
    bool taken;
    switch (attribute) {
        case BATCH_COUNT: taken = read(&layout->batches, value, bytes); break;
        case STRIDED_BATCH_OFFSET: taken = read(&layout->batchStride, value, bytes); break;
        default: return refuse(NOT_SUPPORTED, "cublasLtMatrixLayoutSetAttribute: attribute %d", attribute);
    }
    return taken ? SUCCESS : refuse(INVALID_VALUE, "cublasLtMatrixLayoutSetAttribute: value of attribute %d", attribute);
}

API int cublasLtMatmulPreferenceCreate(Preference** preference) {
    if (!preference) {
        return INVALID_VALUE;
    }
    *preference = new Preference();
    return SUCCESS;
}

API int cublasLtMatmulPreferenceDestroy(Preference* preference) {
    return destroy(preference, "cublasLtMatmulPreferenceDestroy");
}

API int cublasLtMatmulPreferenceSetAttribute(Preference* preference, int attribute, const void* value, size_t bytes) {
    if (!valid(preference)) {
        return refuse(INVALID_VALUE, "cublasLtMatmulPreferenceSetAttribute: no preference");
    }
    bool taken;
    if (attribute == MAX_WORKSPACE_BYTES) {
        taken = read(&preference->workspace, value, bytes);
    } else if (attribute == REDUCTION_SCHEME_MASK) {
        taken = read(&preference->reductions, value, bytes) && preference->reductions <= 7;
    } else if (attribute >= MIN_ALIGNMENT_A && attribute <= MIN_ALIGNMENT_D) {
        uint32_t* alignment = &preference->alignment[attribute - MIN_ALIGNMENT_A];
        taken = read(alignment, value, bytes) && powerOfTwo(*alignment);
    } else {
        return refuse(NOT_SUPPORTED, "cublasLtMatmulPreferenceSetAttribute: attribute %d", attribute);
    }
    return taken ? SUCCESS
                 : refuse(INVALID_VALUE, "cublasLtMatmulPreferenceSetAttribute: value of attribute %d", attribute);
}

// The algorithms differ in what they ask for: the first two rely on the promised alignments and want a workspace, the last
// is content with elements and no workspace.
API int cublasLtMatmulAlgoGetHeuristic(Handle* handle, Descriptor* op, Layout* a, Layout* b, Layout* c, Layout* d,
                                       Preference* preference, int wanted, HeuristicResult* results, int* count) {
    if (!valid(handle)) {
        return NOT_INITIALIZED;
    }
    if (!valid(preference) || wanted < 1 || !results || !count) {
        return refuse(INVALID_VALUE, "cublasLtMatmulAlgoGetHeuristic: preference, count or results missing");
    }
    if (int status = checkOperation(op, a, b, c, d)) {
        return status;
    }
    if (refuses_epilogues && op->epilogue != EPILOGUE_DEFAULT) {
        return NOT_SUPPORTED;
    }
    *count = 0;
    for (int id = 0; id < ALGORITHMS && *count < wanted; id++) {
        bool plain = id == ALGORITHMS - 1;
        if (!plain && preference->workspace < WORKSPACE_BYTES) {
            continue;
        }
        HeuristicResult& result = results[(*count)++];
        std::memset(&result, 0, sizeof result);
        result.algorithm = Algorithm{ALGORITHM_MARK, id, configuration(*op, *a, *d, d->batches > 1),
                                     plain ? 0 : WORKSPACE_BYTES, {}, {}};
        const int types[] = {a->type, b->type, c->type, d->type};
        for (int i = 0; i < 4; i++) {
            result.algorithm.alignment[i] =
                plain ? static_cast<uint32_t>(typeBytes(types[i])) : preference->alignment[i];
        }
        result.workspace = result.algorithm.workspace;
        result.waves = 1;
    }
    return SUCCESS;
}

API int cublasLtMatmulAlgoCheck(Handle* handle, Descriptor* op, Layout* a, Layout* b, Layout* c, Layout* d,
                                const Algorithm* algorithm, HeuristicResult* result) {
    if (!valid(handle)) {
        return NOT_INITIALIZED;
    }
    if (!algorithm || !result) {
        return refuse(INVALID_VALUE, "cublasLtMatmulAlgoCheck: algorithm or result missing");
    }
    if (int status = checkOperation(op, a, b, c, d)) {
        return status;
    }
    if (int status = checkAlgorithm(*algorithm, *op, *a, *d)) {
        return status;
    }
    if (refuses_epilogues && op->epilogue != EPILOGUE_DEFAULT) {
        return NOT_SUPPORTED;
    }
    result->workspace = algorithm->workspace;
    result->state = SUCCESS;
    result->waves = 1;
    return SUCCESS;
}

API int cublasLtMatmul(Handle* handle, Descriptor* op, const float* alpha, const void* aData, Layout* a,
                       const void* bData, Layout* b, const float* beta, const void* cData, Layout* c, void* dData,
                       Layout* d, const Algorithm* algorithm, void* workspace, size_t workspaceBytes, void* stream) {
    if (!valid(handle)) {
        return NOT_INITIALIZED;
    }
    if (!alpha || !beta || !algorithm) {
        return refuse(INVALID_VALUE, "cublasLtMatmul: alpha, beta or the algorithm is missing");
    }
    if (int status = checkOperation(op, a, b, c, d)) {
        return status;
    }
    if (int status = checkAlgorithm(*algorithm, *op, *a, *d)) {
        return status;
    }
    const void* pointers[] = {aData, bData, *beta == 0 && !cData ? dData : cData, dData};
    const char* names[] = {"A", "B", "C", "D"};
    for (int i = 0; i < 4; i++) {
        if (int status = checkPointer(names[i], pointers[i], algorithm->alignment[i])) {
            return status;
        }
    }
    if (workspaceBytes < algorithm->workspace) {
        return refuse(INVALID_VALUE, "cublasLtMatmul: %zu bytes of workspace, the algorithm wants %llu", workspaceBytes,
                      (unsigned long long)algorithm->workspace);
    }
    if (algorithm->workspace) {
        if (int status = checkPointer("workspace", workspace, WORKSPACE_ALIGNMENT)) {
            return status;
        }
    }
    if (biased(*op)) {
        if (int status = checkPointer("bias", op->bias, typeBytes(d->type))) {
            return status;
        }
    }
    if (*beta != 0 && cData == dData && (c->ld != d->ld || c->batchStride != d->batchStride)) {
        return refuse(INVALID_VALUE, "cublasLtMatmul: C and D share memory but not their layout");
    }
    Work work{Product{op->transposeA, op->transposeB, op->compute == COMPUTE_32F_FAST_TF32, biased(*op),
                      (op->epilogue & EPILOGUE_RELU) != 0, *alpha, *beta, d->batches, matrix(*a, aData), matrix(*b, bData),
                      matrix(*c, pointers[2]), matrix(*d, dData), static_cast<Type>(d->type), op->bias, 0},
              workspace, algorithm->workspace};
    const Matrix* matrices[] = {&work.product.a, &work.product.b, &work.product.c, &work.product.d};
    for (int i = 0; i < 4; i++) {
        if (int status = checkRange(names[i], *matrices[i], d->batches)) {
            return status;
        }
    }
    if (biased(*op)) {
        Matrix bias{static_cast<Type>(d->type), static_cast<int64_t>(d->rows), 1, static_cast<int64_t>(d->rows), 0,
                    const_cast<void*>(op->bias)};
        if (int status = checkRange("bias", bias, 1)) {
            return status;
        }
    }
    if (algorithm->workspace && !simcuda_is_device_range(workspace, workspaceBytes)) {
        return refuse(INVALID_VALUE, "cublasLtMatmul: the workspace at %p is not in device memory", workspace);
    }
    return simcuda_enqueue(stream, "cublasLtMatmul", run, &work, sizeof work) == 0 ? SUCCESS : EXECUTION_FAILED;
}
