// Pixels of masks at the size of their picture, from logits of a lower resolution through two bilinear stages: logits to
// the network's frame, the frame's inset to the picture. Nothing of the size of frame or picture is in memory.
//
// A thread goes down a column of the picture. It keeps what neighbouring rows share: two rows of logits and two of the
// frame, each blended across already. All threads of a block are in the same row, so what a row needs (rows of frame and
// logits with their weights, computed in fp64) comes from shared memory and no warp diverges.
//
// The arithmetic is fixed to the last bit: products and sums are rounded one by one, none is left out for a weight of 0,
// which an infinite logit would show.
#pragma once
#include "compat.h"

namespace mask_pixels {

constexpr int BLOCK = 256;
constexpr int MOST_ROWS = 64; // of the picture at a time

// Sizes as the launcher packs them.
struct Sizes {
    long long logitRows, logitColumns;
    long long frameRows, frameColumns;
    long long insetRows, insetColumns;
    long long rows, columns; // of the picture
};

// The two positions between which an output position lies, and their weights.
struct Neighbours {
    int first, second;
    float w0, w1;

    Neighbours() = default;

    // Of position `o` on an axis from n to m positions.
    __device__ __forceinline__ Neighbours(int o, long long n, long long m) {
        double s = (o + 0.5) * (double)n / (double)m - 0.5;
        s = s > 0 ? s : 0;
        first = (int)s;
        first = first < n ? first : (int)n - 1;
        second = first + 1 < n ? first + 1 : (int)n - 1;
        w1 = (float)(s - first);
        w0 = __fsub_rn(1, w1);
    }

    __device__ __forceinline__ float blend(float a, float b) const {
        return __fadd_rn(__fmul_rn(w0, a), __fmul_rn(w1, b));
    }
};

// What a row of the picture needs: rows of the frame, and of the logits for each of them.
struct Row {
    Neighbours frame;
    Neighbours upper, lower;

    Row() = default;

    __device__ __forceinline__ Row(int y, const Sizes& sizes) : frame(y, sizes.insetRows, sizes.rows) {
        upper = Neighbours(frame.first, sizes.logitRows, sizes.frameRows);
        lower = Neighbours(frame.second, sizes.logitRows, sizes.frameRows);
    }
};

// Puts the needs of the picture's rows [first, first + count) into shared memory; all threads of a block call it.
__device__ __forceinline__ void stage_rows(Row* rows, int first, int count, const Sizes& sizes) {
    __syncthreads(); // the rows before may still be in use
    for (int i = threadIdx.x; i < count; i += BLOCK) rows[i] = Row(first + i, sizes);
    __syncthreads();
}

class Column {
    const float* logits;
    int stride;
    Neighbours across;      // columns of the frame
    Neighbours left, right; // columns of the logits for each of them

    // A row of logits, blended for both columns of the frame.
    struct Line {
        int y;
        float left, right;
    };
    Line lines[2];
    int frameRow[2];
    float frame[2]; // its value between the two columns

    __device__ __forceinline__ void fetch(Line& line, int y, const Line& other) {
        if (line.y == y) return;
        if (other.y == y) {
            line = other;
            return;
        }
        const float* row = logits + (long long)y * stride;
        line.y = y;
        line.left = left.blend(row[left.first], row[left.second]);
        line.right = right.blend(row[right.first], row[right.second]);
    }

    __device__ __forceinline__ float between(const Neighbours& rows) {
        fetch(lines[0], rows.first, lines[1]);
        fetch(lines[1], rows.second, lines[0]);
        return across.blend(rows.blend(lines[0].left, lines[1].left), rows.blend(lines[0].right, lines[1].right));
    }

  public:
    // Column x of the picture of a mask.
    __device__ __forceinline__ Column(const float* mask, int x, const Sizes& sizes)
        : logits(mask), stride((int)sizes.logitColumns), across(x, sizes.insetColumns, sizes.columns) {
        left = Neighbours(across.first, sizes.logitColumns, sizes.frameColumns);
        right = Neighbours(across.second, sizes.logitColumns, sizes.frameColumns);
        lines[0].y = lines[1].y = frameRow[0] = frameRow[1] = -1;
    }

    // The pixel in a row; rows come from top to bottom.
    __device__ __forceinline__ float at(const Row& row) {
        if (frameRow[0] != row.frame.first) {
            frame[0] = frameRow[1] == row.frame.first ? frame[1] : between(row.upper);
            frameRow[0] = row.frame.first;
        }
        if (frameRow[1] != row.frame.second) {
            frame[1] = frameRow[0] == row.frame.second ? frame[0] : between(row.lower);
            frameRow[1] = row.frame.second;
        }
        return row.frame.blend(frame[0], frame[1]);
    }
};

} // namespace mask_pixels
