// Blocked matrix product on host memory: panels of A and B are converted to fp32 and packed, a register tile of
// ROWS x COLUMNS is summed over DEPTH products at a time. Threads share the tiles of D, never the sum of one element, so
// the bits do not depend on their number.
#include "cublaslt_gemm.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "simcuda.h"

namespace simblas {
namespace {

constexpr int ROWS = 16;      // of a register tile: two vectors of eight
constexpr int COLUMNS = 4;    // of a register tile
constexpr int DEPTH = 256;    // products per partial sum
constexpr int BLOCK = 128;    // rows and columns of D that one task computes
constexpr double PARALLEL_FLOPS = 4e6;  // below this a second thread costs more than it gives

// Vector instructions of the machine at hand, with a plain twin. Under AddressSanitizer the inner loop, which touches the
// packed panels only, goes unchecked, or products would take seconds.
#if defined(__SANITIZE_ADDRESS__)
#define FOR_EACH_CPU __attribute__((no_sanitize("address"), optimize("O3")))
#elif defined(__x86_64__)
#define FOR_EACH_CPU __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define FOR_EACH_CPU
#endif

typedef float Vector __attribute__((vector_size(32)));

float load(const void* data, Type type, int64_t at) {
    if (type == Type::F32) {
        return static_cast<const float*>(data)[at];
    }
    uint32_t bits = static_cast<uint32_t>(static_cast<const uint16_t*>(data)[at]) << 16;
    float value;
    std::memcpy(&value, &bits, sizeof value);
    return value;
}

// Rounds to nearest even, as the device does.
void store(void* data, Type type, int64_t at, float value) {
    if (type == Type::F32) {
        static_cast<float*>(data)[at] = value;
        return;
    }
    uint32_t bits;
    std::memcpy(&bits, &value, sizeof bits);
    bool nan = (bits & 0x7fffffffu) > 0x7f800000u;
    uint32_t rounded = nan ? bits | 0x400000u : bits + 0x7fffu + ((bits >> 16) & 1);
    static_cast<uint16_t*>(data)[at] = static_cast<uint16_t>(rounded >> 16);
}

// Ten mantissa bits, as tensor cores take fp32 operands in tf32 mode.
float roundTf32(float value) {
    uint32_t bits;
    std::memcpy(&bits, &value, sizeof bits);
    if ((bits & 0x7f800000u) != 0x7f800000u) {
        bits = (bits + 0x0fffu + ((bits >> 13) & 1)) & ~0x1fffu;
    }
    std::memcpy(&value, &bits, sizeof value);
    return value;
}

// One operand of a batch as op(matrix): element (i, j) lies at i * rowStep + j * columnStep.
struct Operand {
    const void* data;
    Type type;
    int64_t rowStep;
    int64_t columnStep;
    bool tf32;

    Operand(const Matrix& m, bool transposed, int batch, bool tf32)
        : data(static_cast<const char*>(m.data) + batch * m.batchStride * bytes(m.type)),
          type(m.type),
          rowStep(transposed ? m.ld : 1),
          columnStep(transposed ? 1 : m.ld),
          tf32(tf32) {}

    float at(int64_t i, int64_t j) const {
        float value = load(data, type, i * rowStep + j * columnStep);
        return tf32 ? roundTf32(value) : value;
    }
};

// packed[panel][k][r] = op(i0 + panel * width + r, k0 + k) for r < width; zeros behind the last row.
void packRows(const Operand& a, int64_t i0, int rows, int64_t k0, int depth, int width, float* packed) {
    for (int panel = 0; panel < rows; panel += width) {
        for (int k = 0; k < depth; k++) {
            for (int r = 0; r < width; r++) {
                *packed++ = panel + r < rows ? a.at(i0 + panel + r, k0 + k) : 0.0f;
            }
        }
    }
}

// As packRows for the columns of B.
void packColumns(const Operand& b, int64_t j0, int columns, int64_t k0, int depth, int width, float* packed) {
    for (int panel = 0; panel < columns; panel += width) {
        for (int k = 0; k < depth; k++) {
            for (int c = 0; c < width; c++) {
                *packed++ = panel + c < columns ? b.at(k0 + k, j0 + panel + c) : 0.0f;
            }
        }
    }
}

// sums[c][r] += the products of one panel of A with one panel of B; sums lies dense with leading dimension BLOCK.
FOR_EACH_CPU
void addTile(const float* a, const float* b, int depth, float* sums) {
    Vector low[COLUMNS] = {};
    Vector high[COLUMNS] = {};
    for (int k = 0; k < depth; k++) {
        Vector a0, a1;
        std::memcpy(&a0, a + k * ROWS, sizeof a0);
        std::memcpy(&a1, a + k * ROWS + 8, sizeof a1);
        for (int c = 0; c < COLUMNS; c++) {
            float scale = b[k * COLUMNS + c];
            low[c] += a0 * scale;
            high[c] += a1 * scale;
        }
    }
    for (int c = 0; c < COLUMNS; c++) {
        for (int r = 0; r < 8; r++) {
            sums[c * BLOCK + r] += low[c][r];
            sums[c * BLOCK + 8 + r] += high[c][r];
        }
    }
}

// Memory of one thread.
struct Buffers {
    std::vector<float> a = std::vector<float>(BLOCK * DEPTH);
    std::vector<float> b = std::vector<float>(BLOCK * DEPTH);
    std::vector<float> sums = std::vector<float>(BLOCK * BLOCK);
};

void finish(const Product& p, int batch, int64_t i0, int rows, int64_t j0, int columns, const float* sums) {
    for (int c = 0; c < columns; c++) {
        for (int r = 0; r < rows; r++) {
            int64_t i = i0 + r;
            int64_t j = j0 + c;
            float value = p.alpha * sums[c * BLOCK + r];
            if (p.beta != 0) {  // C is not read otherwise: it may be uninitialised
                value += p.beta * load(p.c.data, p.c.type, batch * p.c.batchStride + i + j * p.c.ld);
            }
            if (p.bias) {
                value += load(p.biasData, p.biasType, batch * p.biasBatchStride + i);
            }
            if (p.relu && value < 0) {  // NaN stays
                value = 0;
            }
            store(p.d.data, p.d.type, batch * p.d.batchStride + i + j * p.d.ld, value);
        }
    }
}

void computeBlock(const Product& p, int batch, int64_t i0, int64_t j0, Buffers& buffers) {
    Operand a(p.a, p.transposeA, batch, p.tf32);
    Operand b(p.b, p.transposeB, batch, p.tf32);
    int64_t inner = p.transposeA ? p.a.rows : p.a.columns;
    int rows = static_cast<int>(std::min<int64_t>(BLOCK, p.d.rows - i0));
    int columns = static_cast<int>(std::min<int64_t>(BLOCK, p.d.columns - j0));
    float* sums = buffers.sums.data();
    std::fill(buffers.sums.begin(), buffers.sums.end(), 0.0f);
    for (int64_t k0 = 0; k0 < inner; k0 += DEPTH) {
        int depth = static_cast<int>(std::min<int64_t>(DEPTH, inner - k0));
        packRows(a, i0, rows, k0, depth, ROWS, buffers.a.data());
        packColumns(b, j0, columns, k0, depth, COLUMNS, buffers.b.data());
        for (int c = 0; c < columns; c += COLUMNS) {
            for (int r = 0; r < rows; r += ROWS) {
                const float* panelA = buffers.a.data() + static_cast<int64_t>(r) * depth;
                const float* panelB = buffers.b.data() + static_cast<int64_t>(c) * depth;
                addTile(panelA, panelB, depth, sums + c * BLOCK + r);
            }
        }
    }
    finish(p, batch, i0, rows, j0, columns, sums);
}

// The blocks of one product.
struct Blocks {
    const Product* product;
    int64_t down;
    int64_t across;
};

int computeBlock(long long index, void* context) {
    // Kept by the thread, since a memory fault leaves this function without unwinding.
    static thread_local Buffers buffers;
    const Blocks& blocks = *static_cast<const Blocks*>(context);
    int batch = static_cast<int>(index / (blocks.down * blocks.across));
    int64_t block = index % (blocks.down * blocks.across);
    computeBlock(*blocks.product, batch, block % blocks.down * BLOCK, block / blocks.down * BLOCK, buffers);
    return 0;
}

}  // namespace

int compute(const Product& p) {
    Blocks blocks{&p, (p.d.rows + BLOCK - 1) / BLOCK, (p.d.columns + BLOCK - 1) / BLOCK};
    int64_t total = blocks.down * blocks.across * p.batches;
    double inner = static_cast<double>(p.transposeA ? p.a.rows : p.a.columns);
    double flops = 2.0 * static_cast<double>(p.d.rows) * static_cast<double>(p.d.columns) * inner * p.batches;
    if (flops >= PARALLEL_FLOPS) {
        return simcuda_parallel(total, computeBlock, &blocks);
    }
    for (int64_t i = 0; i < total; i++) {
        computeBlock(i, &blocks);
    }
    return 0;
}

}  // namespace simblas
