// The work of the cuDNN double, as plain loops over host memory.
#pragma once

// [4 dims] with strides in elements; float or bf16.
struct Tensor {
    char* data;
    long long dims[4], strides[4];
    bool bf16, by_value;
    long long id, alignment;
};

// y = x * w, a cross-correlation of [B, C, H, W] with [O, C / groups, KH, KW]; rounded: operands in tf32.
struct Convolution {
    Tensor x, w, y;
    long long dilation[2], stride[2], pad[2];
    bool rounded;
};

// o = softmax(scale q k^T) v over [B, heads, tokens, width].
struct Attention {
    Tensor q, k, v, o;
    float scale;
};

// For simcuda_enqueue: context points to one of the structs above.
int run_convolution(void* context);
int run_attention(void* context);
