#include "cublaslt_objects.h"

namespace simblas {

int refuse(Status status, const char* format, ...) {
    va_list arguments;
    va_start(arguments, format);
    fputs("simulated cublasLt: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    return status;
}

bool powerOfTwo(uint64_t value) { return value && !(value & (value - 1)); }

bool biased(const Descriptor& d) { return d.epilogue & EPILOGUE_BIAS; }

bool knownEpilogue(uint32_t epilogue) {
    return epilogue == EPILOGUE_DEFAULT || epilogue == EPILOGUE_RELU || epilogue == EPILOGUE_BIAS ||
           epilogue == EPILOGUE_RELU_BIAS;
}

bool knownType(int type) { return type == static_cast<int>(Type::F32) || type == static_cast<int>(Type::BF16); }

int64_t typeBytes(int type) { return bytes(static_cast<Type>(type)); }

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

int checkRange(const char* name, const Matrix& m, int batches) {
    int64_t elements = (batches - 1) * m.batchStride + (m.columns - 1) * m.ld + m.rows;
    if (!simcuda_is_device_range(m.data, static_cast<size_t>(elements * bytes(m.type)))) {
        return refuse(INVALID_VALUE, "%s: %lld elements from %p are not in device memory", name, (long long)elements, m.data);
    }
    return SUCCESS;
}

int run(void* context) {
    Work* work = static_cast<Work*>(context);
    if (work->workspaceBytes) {
        std::memset(work->workspace, 0xff, work->workspaceBytes);  // whoever needs it for something else shall notice
    }
    return compute(work->product);
}

}  // namespace simblas
