// What kernels write in PTX for the tensor cores, for the simulated device: products of matrices, rows of matrices that
// the lanes of a warp name for each other, and copies to shared memory that arrive late.
#pragma once
#include <cstring>
#include "execution.h"
#include "float16.h"
#include "warp.h"

// Code of the device itself, whose accesses are not the kernel's.
#if defined(__SANITIZE_THREAD__)
#define SIM_OWN __attribute__((noinline, no_sanitize("thread")))
#else
#define SIM_OWN __attribute__((always_inline))
#endif

namespace sim {
// Notes a copy of 16 bytes into shared memory, or of zeros. Until wait_copies() of this thread covers its group the
// destination is NaN. Fails the launch where an address is no multiple of 16 or the destination is not shared.
void copy_async(void* to, const void* from, bool real);
void commit_copies();
void wait_copies(unsigned pending);

// Reads a row of 8 elements of 16 bits; fails the launch unless it is a multiple of 16 bytes and lies in shared memory.
void check_matrix_row(const void* row);

// What the lanes of a warp show each other; two of them by turns, so that one meeting per exchange is enough.
template <class T>
SIM_OWN inline T& board() {
    constexpr unsigned most = 1024;
    static thread_local T boards[most / 32][2];
    static thread_local unsigned turns[most];
    unsigned turn = turns[thread->linear]++;
    return boards[thread->linear / 32][turn & 1];
}

// All lanes of the warp come here. Orders nothing: only __syncwarp() does.
inline void meet() { warp_exchange(0xffffffffu, Exchange::meet, 0, 0); }

struct MatrixRows {
    const unsigned char* at[32];

    SIM_OWN inline void show(const void* row) { at[lane()] = static_cast<const unsigned char*>(row); }
    // Two neighbours of a row.
    SIM_OWN inline unsigned along(unsigned row, unsigned pair) const {
        unsigned value;
        std::memcpy(&value, at[row] + 4 * pair, sizeof value);
        return value;
    }
    // One column of two rows.
    SIM_OWN inline unsigned across(unsigned row, unsigned column) const {
        uint16_t value[2];
        std::memcpy(value, at[row] + 2 * column, 2);
        std::memcpy(value + 1, at[row + 1] + 2 * column, 2);
        return value[0] | static_cast<unsigned>(value[1]) << 16;
    }
};

// The rows that all lanes name.
inline const MatrixRows& exchange_rows(const void* row) {
    check_matrix_row(row);
    MatrixRows& shown = board<MatrixRows>();
    shown.show(row);
    meet();
    return shown;
}

struct Operands {
    float a[16][16]; // row, column
    float b[8][16];  // column, row
};

// c += a b of m16n8k16, bf16, fragments as in PTX.
SIM_OWN inline void multiply_matrices(float (&c)[4], const unsigned (&a)[4], unsigned b0, unsigned b1) {
    Operands& shown = board<Operands>();
    const unsigned g = lane() / 4;
    const unsigned t = lane() % 4;
    auto put = [](float* to, unsigned pair) {
        to[0] = bfloat16_value(static_cast<uint16_t>(pair));
        to[1] = bfloat16_value(static_cast<uint16_t>(pair >> 16));
    };
    for (unsigned i = 0; i < 4; i++) {
        put(&shown.a[g + i % 2 * 8][2 * t + i / 2 * 8], a[i]);
    }
    put(&shown.b[g][2 * t], b0);
    put(&shown.b[g][2 * t + 8], b1);
    meet();
    for (unsigned i = 0; i < 4; i++) {
        float sum = 0;
        for (unsigned k = 0; k < 16; k++) {
            sum += shown.a[g + i / 2 * 8][k] * shown.b[2 * t + i % 2][k];
        }
        c[i] += sum;
    }
}
} // namespace sim
