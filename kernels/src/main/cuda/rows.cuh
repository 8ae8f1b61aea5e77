// The rows of a strided view, as the Java class RowView packs them: twelve 8-byte words, passed by value.
#pragma once
#include "compat.h"

struct Rows {
    char* data;          // address of the first element
    long long rank;      // number of leading axes, 1 to 5
    long long size[5];   // of the leading axes, innermost first
    long long stride[5]; // in elements, innermost first

    // Elements from the first element of the view to the first one of row `row`.
    __device__ __forceinline__ long long offset(long long row) const {
        if (rank == 1) {
            return row * stride[0];
        }
        long long at = 0;
        // The last axis needs no division; a fixed number of rounds keeps the struct in registers.
#pragma unroll
        for (int axis = 0; axis < 5; axis++) {
            if (axis < rank) {
                long long outer = axis + 1 < rank ? row / size[axis] : 0;
                at += (row - outer * size[axis]) * stride[axis];
                row = outer;
            }
        }
        return at;
    }

    template <class T>
    __device__ __forceinline__ T* at(long long row) const {
        return reinterpret_cast<T*>(data) + offset(row);
    }
};
