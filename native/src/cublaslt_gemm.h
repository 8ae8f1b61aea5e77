// The arithmetic of the cuBLASLt double: one column-major product on host memory.
#pragma once
#include <cstdint>

namespace simblas {

enum class Type : int { F32 = 0, BF16 = 14 };  // values of cudaDataType

constexpr int64_t bytes(Type type) { return type == Type::F32 ? 4 : 2; }

// A column-major matrix: element (i, j) lies at data[i + j * ld] of batch 0, batchStride elements further per batch.
struct Matrix {
    Type type = Type::F32;
    int64_t rows = 0;
    int64_t columns = 0;
    int64_t ld = 0;
    int64_t batchStride = 0;
    void* data = nullptr;
};

// D = epilogue(alpha * op(A) * op(B) + beta * C), batch by batch; C may be D.
struct Product {
    bool transposeA = false;
    bool transposeB = false;
    bool tf32 = false;
    bool bias = false;
    bool relu = false;
    float alpha = 1;
    float beta = 0;
    int batches = 1;
    Matrix a, b, c, d;
    Type biasType = Type::F32;
    const void* biasData = nullptr;
    int64_t biasBatchStride = 0;
};

// Computes with fp32 accumulators on the threads of the simulated device; sums of 256 products are added up, so that long
// sums stay accurate. The result does not depend on the number of threads. Returns a CUresult.
int compute(const Product& product);

}  // namespace simblas
