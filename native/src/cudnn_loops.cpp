#include "cudnn_loops.h"

#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <vector>

#include "simcuda.h"

namespace {

float read(const Tensor& t, long long at) {
    if (!t.bf16) {
        float value;
        std::memcpy(&value, t.data + 4 * at, 4);
        return value;
    }
    uint16_t half;
    std::memcpy(&half, t.data + 2 * at, 2);
    uint32_t bits = static_cast<uint32_t>(half) << 16;
    float value;
    std::memcpy(&value, &bits, 4);
    return value;
}

void write(const Tensor& t, long long at, float value) {
    if (!t.bf16) {
        std::memcpy(t.data + 4 * at, &value, 4);
        return;
    }
    uint32_t bits;
    std::memcpy(&bits, &value, 4);
    uint16_t half = std::isnan(value) ? 0x7fc0 : static_cast<uint16_t>((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
    std::memcpy(t.data + 2 * at, &half, 2);
}

// 10 explicit significand bits, as the matrix units of Ampere and later take fp32 operands.
float tf32(float value) {
    uint32_t bits;
    std::memcpy(&bits, &value, 4);
    bits = (bits + 0xfff + (bits >> 13 & 1)) & 0xffffe000u;
    std::memcpy(&value, &bits, 4);
    return value;
}

// One output channel of one image.
int convolve(long long index, void* context) {
    const Convolution& c = *static_cast<Convolution*>(context);
    long long outputs = c.w.dims[0], image = index / outputs, output = index % outputs;
    long long channels = c.w.dims[1], groups = c.x.dims[1] / channels, group = output / (outputs / groups);
    long long rows = c.y.dims[2], columns = c.y.dims[3];
    std::vector<double> sums(rows * columns, 0.0);
    for (long long ch = 0; ch < channels; ch++)
        for (long long ky = 0; ky < c.w.dims[2]; ky++)
            for (long long kx = 0; kx < c.w.dims[3]; kx++) {
                float weight = read(c.w, output * c.w.strides[0] + ch * c.w.strides[1] + ky * c.w.strides[2] + kx * c.w.strides[3]);
                weight = c.rounded && !c.w.bf16 ? tf32(weight) : weight;
                long long plane = image * c.x.strides[0] + (group * channels + ch) * c.x.strides[1];
                for (long long oy = 0; oy < rows; oy++) {
                    long long iy = oy * c.stride[0] - c.pad[0] + ky * c.dilation[0];
                    if (iy < 0 || iy >= c.x.dims[2]) continue;
                    for (long long ox = 0; ox < columns; ox++) {
                        long long ix = ox * c.stride[1] - c.pad[1] + kx * c.dilation[1];
                        if (ix < 0 || ix >= c.x.dims[3]) continue;
                        float x = read(c.x, plane + iy * c.x.strides[2] + ix * c.x.strides[3]);
                        sums[oy * columns + ox] += static_cast<double>(c.rounded && !c.x.bf16 ? tf32(x) : x) * weight;
                    }
                }
            }
    for (long long oy = 0; oy < rows; oy++)
        for (long long ox = 0; ox < columns; ox++)
            write(c.y, image * c.y.strides[0] + output * c.y.strides[1] + oy * c.y.strides[2] + ox * c.y.strides[3],
                  static_cast<float>(sums[oy * columns + ox]));
    return 0;
}

long long row(const Tensor& t, long long batch, long long head, long long token) {
    return batch * t.strides[0] + head * t.strides[1] + token * t.strides[2];
}

// All queries of one head of one image.
int attend(long long index, void* context) {
    const Attention& a = *static_cast<Attention*>(context);
    long long heads = a.q.dims[1], batch = index / heads, head = index % heads;
    long long keys = a.k.dims[2], width = a.q.dims[3], value_width = a.v.dims[3];
    std::vector<float> k(keys * width), v(keys * value_width), scores(keys), q(width);
    for (long long j = 0; j < keys; j++) {
        for (long long c = 0; c < width; c++) k[j * width + c] = read(a.k, row(a.k, batch, head, j) + c * a.k.strides[3]);
        for (long long c = 0; c < value_width; c++)
            v[j * value_width + c] = read(a.v, row(a.v, batch, head, j) + c * a.v.strides[3]);
    }
    for (long long i = 0; i < a.q.dims[2]; i++) {
        for (long long c = 0; c < width; c++) q[c] = read(a.q, row(a.q, batch, head, i) + c * a.q.strides[3]);
        float most = -std::numeric_limits<float>::infinity();
        for (long long j = 0; j < keys; j++) {
            float sum = 0;
            for (long long c = 0; c < width; c++) sum += q[c] * k[j * width + c];
            scores[j] = sum * a.scale;
            most = scores[j] > most ? scores[j] : most;
        }
        double total = 0;
        for (float& score : scores) total += score = std::exp(score - most);
        std::vector<double> out(value_width, 0.0);
        for (long long j = 0; j < keys; j++)
            for (long long c = 0; c < value_width; c++) out[c] += static_cast<double>(scores[j]) * v[j * value_width + c];
        for (long long c = 0; c < value_width; c++)
            write(a.o, row(a.o, batch, head, i) + c * a.o.strides[3], static_cast<float>(out[c] / total));
    }
    return 0;
}

}  // namespace

int run_convolution(void* context) {
    const Convolution& c = *static_cast<Convolution*>(context);
    return simcuda_parallel(c.x.dims[0] * c.w.dims[0], convolve, context);
}

int run_attention(void* context) {
    const Attention& a = *static_cast<Attention*>(context);
    return simcuda_parallel(a.q.dims[0] * a.q.dims[1], attend, context);
}
