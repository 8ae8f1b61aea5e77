// libcublasLt.so.13 of the simulated device: exactly the functions and attributes that Earshot calls. Everything else is
// refused with a line on stderr, so that a call which only the real library understands does not pass unnoticed.
// Values of enumerations are those of cublasLt.h (CUDA 13).
#include "cublaslt_objects.h"

#define API extern "C" __attribute__((visibility("default")))

using namespace simblas;

namespace {
bool refuses_epilogues = false;
}

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
