// A batch of images [B, C, H, W] with neighbouring pixels of a row side by side, as the Java class ImageLines packs it:
// four 8-byte words, passed by value.
#pragma once
#include "compat.h"

struct Image {
    char* data;        // address of the first element
    long long batch;   // strides in elements
    long long channel;
    long long row;

    template <class T>
    __device__ __forceinline__ T* at(long long b, long long c, long long y) const {
        return reinterpret_cast<T*>(data) + b * batch + c * channel + y * row;
    }
};
