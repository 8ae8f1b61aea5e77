// A double of cuDNN 9's graph API for the simulated device: forward convolution and fused attention, nothing else. It checks
// what a graph says of itself and refuses, with a line on stderr, every descriptor, attribute and value that it does not know;
// finalising an operation that the real library has no engine for gives NOT_SUPPORTED. The sums are in cudnn_loops.cpp.
//
// The heuristics offer two engines for an fp32 convolution, the first one on matrix units: it rounds its operands to tf32, so
// a caller that does not read the numerical notes gets wrong digits here as on a card.
#include <algorithm>
#include <cstdio>
#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "cudnn_loops.h"
#include "simcuda.h"

namespace {

enum Status { success = 0, not_initialized = 1001, bad_param = 2000, not_supported = 3000, execution_failed = 5000 };
enum Kind {
    convolution = 1, engine = 2, engine_config = 3, heuristics = 4, plan = 5, convolution_forward = 10, graph = 15,
    variant_pack = 16, tensor = 17, attention_forward = 41
};
enum Type {
    t_handle = 0, t_data_type = 1, t_boolean = 2, t_int64 = 3, t_float = 4, t_pointer = 6, t_convolution_mode = 7,
    t_heuristics_mode = 8, t_note = 11, t_descriptor = 15
};
enum { data_float = 0, data_bfloat16 = 9, cross_correlation = 1, mode_a = 3, note_tensor_core = 0 };
enum { engine_plain = 0, engine_matrix_units = 1 };

// Attributes that may be set, per kind: number, type, smallest and largest count.
struct Rule {
    int attribute;
    Type type;
    long long least, most;
};
const std::map<int, std::vector<Rule>> rules = {
    {convolution, {{100, t_data_type, 1, 1}, {101, t_convolution_mode, 1, 1}, {102, t_int64, 2, 2}, {103, t_int64, 2, 2},
                   {104, t_int64, 2, 2}, {105, t_int64, 2, 2}, {106, t_int64, 1, 1}}},
    {convolution_forward, {{700, t_float, 1, 1}, {701, t_float, 1, 1}, {702, t_descriptor, 1, 1},
                           {703, t_descriptor, 1, 1}, {704, t_descriptor, 1, 1}, {705, t_descriptor, 1, 1}}},
    {attention_forward, {{2800, t_descriptor, 1, 1}, {2801, t_descriptor, 1, 1}, {2802, t_descriptor, 1, 1},
                         {2803, t_descriptor, 1, 1}, {2805, t_descriptor, 1, 1}}},
    {graph, {{800, t_handle, 1, 1}, {801, t_descriptor, 1, 1}}},
    {heuristics, {{200, t_heuristics_mode, 1, 1}, {201, t_descriptor, 1, 1}}},
    {plan, {{400, t_handle, 1, 1}, {401, t_descriptor, 1, 1}}},
    {variant_pack, {{1000, t_int64, 1, 8}, {1001, t_pointer, 1, 8}, {1003, t_pointer, 1, 1}}},
    {tensor, {{900, t_int64, 1, 1}, {901, t_data_type, 1, 1}, {902, t_int64, 4, 4}, {903, t_int64, 4, 4},
              {906, t_int64, 1, 1}, {908, t_boolean, 1, 1}}},
    {engine_config, {}}, {engine, {}},
};

size_t width(int type) {
    switch (type) {
        case t_boolean: return 1;
        case t_data_type: case t_convolution_mode: case t_heuristics_mode: case t_note: case t_float: return 4;
        default: return 8;
    }
}

struct Descriptor {
    int kind;
    bool complete = false;
    std::map<int, std::vector<char>> values;
    int engine_id = 0;               // of an engine, its configuration, and a plan
    Descriptor* operation = nullptr; // of a graph and what is made of it

    bool has(int attribute) const { return values.count(attribute) != 0; }
    template <class T>
    std::vector<T> get(int attribute) const {
        const std::vector<char>& bytes = values.at(attribute);
        std::vector<T> v(bytes.size() / sizeof(T));
        std::memcpy(v.data(), bytes.data(), bytes.size());
        return v;
    }
    template <class T>
    T one(int attribute) const { return get<T>(attribute)[0]; }
    Descriptor* part(int attribute) const { return one<Descriptor*>(attribute); }
};

struct Handle {
    void* stream = nullptr;
};

thread_local std::string last_message;

Status refuse(Status status, const std::string& why) {
    last_message = why;
    std::fprintf(stderr, "simulated cuDNN: %s\n", why.c_str());
    return status;
}

Tensor view(const Descriptor& d) {
    Tensor t{};
    std::vector<long long> dims = d.get<long long>(902), strides = d.get<long long>(903);
    std::copy(dims.begin(), dims.end(), t.dims);
    std::copy(strides.begin(), strides.end(), t.strides);
    t.bf16 = d.one<int>(901) == data_bfloat16;
    t.id = d.one<long long>(906);
    t.alignment = d.one<long long>(900);
    t.by_value = d.has(908) && d.one<char>(908) != 0;
    return t;
}

Status finish_tensor(const Descriptor& d) {
    Tensor t = view(d);
    int type = d.one<int>(901);
    if (type != data_float && type != data_bfloat16) return refuse(not_supported, "tensor of a type other than float, bfloat16");
    for (int i = 0; i < 4; i++)
        if (t.dims[i] < 1 || t.strides[i] < 1) return refuse(bad_param, "tensor with a size or stride that is not positive");
    if (t.alignment < 1 || t.alignment % (t.bf16 ? 2 : 4)) return refuse(bad_param, "tensor alignment is no multiple of its type");
    return success;
}

Status finish_convolution(const Descriptor& d) {
    if (d.one<int>(100) != data_float || d.one<int>(101) != cross_correlation || d.one<long long>(106) != 2)
        return refuse(not_supported, "convolution that is not a 2-d cross-correlation in float");
    return success;
}

Status finish_convolution_forward(const Descriptor& d) {
    Tensor x = view(*d.part(704)), w = view(*d.part(703)), y = view(*d.part(705));
    const Descriptor& c = *d.part(702);
    std::vector<long long> dilation = c.get<long long>(102), stride = c.get<long long>(103), after = c.get<long long>(104),
                           before = c.get<long long>(105);
    if (d.one<float>(700) != 1 || d.one<float>(701) != 0) return refuse(not_supported, "convolution scaled or added");
    if (w.dims[1] == 0 || x.dims[1] % w.dims[1] || w.dims[0] % (x.dims[1] / w.dims[1]))
        return refuse(bad_param, "convolution whose channels are no whole number of groups");
    bool fits = y.dims[0] == x.dims[0] && y.dims[1] == w.dims[0];
    for (int i = 0; i < 2; i++) {
        long long reach = dilation[i] * (w.dims[2 + i] - 1) + 1;
        fits = fits && y.dims[2 + i] == (x.dims[2 + i] + before[i] + after[i] - reach) / stride[i] + 1;
    }
    if (!fits) return refuse(bad_param, "convolution whose result has another size");
    // Engines for bf16 operands write bf16; a caller that wants float has to help itself.
    if (x.bf16 != w.bf16 || x.bf16 != y.bf16) return not_supported;
    return success;
}

Status finish_attention(const Descriptor& d) {
    Tensor q = view(*d.part(2800)), k = view(*d.part(2801)), v = view(*d.part(2802)), o = view(*d.part(2803)),
           s = view(*d.part(2805));
    bool fits = q.dims[0] == k.dims[0] && q.dims[0] == v.dims[0] && q.dims[1] == k.dims[1] && q.dims[1] == v.dims[1] &&
                k.dims[2] == v.dims[2] && q.dims[3] == k.dims[3] && o.dims[0] == q.dims[0] && o.dims[1] == q.dims[1] &&
                o.dims[2] == q.dims[2] && o.dims[3] == v.dims[3];
    if (!fits) return refuse(bad_param, "attention whose operands do not fit together");
    if (s.bf16 || s.dims[0] * s.dims[1] * s.dims[2] * s.dims[3] != 1 || !s.by_value)
        return refuse(not_supported, "attention whose scale is not one float by value");
    if (!q.bf16 || !k.bf16 || !v.bf16 || !o.bf16 || q.dims[3] % 8 || v.dims[3] % 8 || q.dims[3] > 128 || v.dims[3] > 128)
        return not_supported;
    return success;
}

bool whole(const Descriptor& d) {
    for (const Rule& rule : rules.at(d.kind)) {
        bool optional = d.kind == tensor && rule.attribute == 908;
        if (!d.has(rule.attribute) && !optional) {
            refuse(bad_param, "descriptor " + std::to_string(d.kind) + " without attribute " + std::to_string(rule.attribute));
            return false;
        }
        if (d.has(rule.attribute) && rule.type == t_descriptor)
            for (Descriptor* part : d.get<Descriptor*>(rule.attribute))
                if (!part || !part->complete) {
                    refuse(bad_param, "descriptor " + std::to_string(d.kind) + " refers to one that is not finalised");
                    return false;
                }
    }
    return true;
}

Status finish(Descriptor& d) {
    if (d.complete) return refuse(bad_param, "descriptor finalised twice");
    if (!whole(d)) return bad_param;
    switch (d.kind) {
        case tensor: return finish_tensor(d);
        case convolution: return finish_convolution(d);
        case convolution_forward: return finish_convolution_forward(d);
        case attention_forward: return finish_attention(d);
        case graph: d.operation = d.part(801); return success;
        case heuristics:
            if (d.one<int>(200) != mode_a) return refuse(not_supported, "heuristics in another mode than A");
            d.operation = d.part(201)->operation;
            return success;
        case plan:
            d.operation = d.part(401)->operation;
            d.engine_id = d.part(401)->engine_id;
            return success;
        case variant_pack:
            return d.get<long long>(1000).size() == d.get<void*>(1001).size()
                       ? success : refuse(bad_param, "variant pack with other numbers of ids and pointers");
        default: return refuse(bad_param, "descriptor that cannot be finalised by hand");
    }
}

// Pointer for a tensor of the graph; checks alignment and, for those by address, that the device owns the memory.
Status bind(const Descriptor& pack, Tensor& t) {
    std::vector<long long> ids = pack.get<long long>(1000);
    std::vector<void*> pointers = pack.get<void*>(1001);
    auto at = std::find(ids.begin(), ids.end(), t.id);
    if (at == ids.end()) return refuse(bad_param, "variant pack without tensor " + std::to_string(t.id));
    t.data = static_cast<char*>(pointers[at - ids.begin()]);
    if (t.by_value) return success;
    long long last = 0;
    for (int i = 0; i < 4; i++) last += (t.dims[i] - 1) * t.strides[i];
    if (reinterpret_cast<size_t>(t.data) % t.alignment) return refuse(bad_param, "tensor whose address breaks its alignment");
    if (!simcuda_is_device_range(t.data, (last + 1) * (t.bf16 ? 2 : 4)))
        return refuse(execution_failed, "tensor outside of device memory");
    return success;
}

Status execute_convolution(const Descriptor& p, const Descriptor& pack, void* stream) {
    const Descriptor& op = *p.operation;
    Convolution work{view(*op.part(704)), view(*op.part(703)), view(*op.part(705)), {}, {}, {}, p.engine_id == engine_matrix_units};
    const Descriptor& c = *op.part(702);
    for (int i = 0; i < 2; i++) {
        work.dilation[i] = c.get<long long>(102)[i];
        work.stride[i] = c.get<long long>(103)[i];
        work.pad[i] = c.get<long long>(105)[i];
    }
    for (Tensor* t : {&work.x, &work.w, &work.y})
        if (Status status = bind(pack, *t)) return status;
    return simcuda_enqueue(stream, "cudnn convolution", run_convolution, &work, sizeof work) ? execution_failed : success;
}

Status execute_attention(const Descriptor& p, const Descriptor& pack, void* stream) {
    const Descriptor& op = *p.operation;
    Attention work{view(*op.part(2800)), view(*op.part(2801)), view(*op.part(2802)), view(*op.part(2803)), 0};
    Tensor scale = view(*op.part(2805));
    for (Tensor* t : {&work.q, &work.k, &work.v, &work.o, &scale})
        if (Status status = bind(pack, *t)) return status;
    std::memcpy(&work.scale, scale.data, sizeof work.scale);
    return simcuda_enqueue(stream, "cudnn attention", run_attention, &work, sizeof work) ? execution_failed : success;
}

}  // namespace

#define API extern "C" __attribute__((visibility("default")))

API size_t cudnnGetVersion() { return 92400; }

API const char* cudnnGetErrorString(int status) {
    switch (status) {
        case success: return "CUDNN_STATUS_SUCCESS";
        case not_initialized: return "CUDNN_STATUS_NOT_INITIALIZED";
        case bad_param: return "CUDNN_STATUS_BAD_PARAM";
        case not_supported: return "CUDNN_STATUS_NOT_SUPPORTED";
        case execution_failed: return "CUDNN_STATUS_EXECUTION_FAILED";
        default: return "CUDNN_STATUS_UNKNOWN";
    }
}

API void cudnnGetLastErrorString(char* message, size_t size) { std::snprintf(message, size, "%s", last_message.c_str()); }

API int cudnnCreate(Handle** handle) { return *handle = new Handle, success; }
API int cudnnDestroy(Handle* handle) { return delete handle, success; }
API int cudnnSetStream(Handle* handle, void* stream) { return handle->stream = stream, success; }

API int cudnnBackendCreateDescriptor(int kind, Descriptor** out) {
    if (!rules.count(kind)) return refuse(not_supported, "descriptor kind " + std::to_string(kind));
    *out = new Descriptor{};
    (*out)->kind = kind;
    return success;
}

API int cudnnBackendDestroyDescriptor(Descriptor* d) { return delete d, success; }

API int cudnnBackendSetAttribute(Descriptor* d, int attribute, int type, long long count, const void* values) {
    for (const Rule& rule : rules.at(d->kind)) {
        if (rule.attribute != attribute) continue;
        if (d->complete || rule.type != type || count < rule.least || count > rule.most)
            return refuse(bad_param, "attribute " + std::to_string(attribute) + " of another type or count, or set too late");
        const char* bytes = static_cast<const char*>(values);
        d->values[attribute].assign(bytes, bytes + count * width(type));
        return success;
    }
    return refuse(not_supported, "attribute " + std::to_string(attribute) + " of descriptor " + std::to_string(d->kind));
}

API int cudnnBackendFinalize(Descriptor* d) {
    Status status = finish(*d);
    d->complete = status == success;
    return status;
}

API int cudnnBackendGetAttribute(const Descriptor* d, int attribute, int type, long long most, long long* count, void* out) {
    if (d->kind == heuristics && attribute == 202 && type == t_descriptor && d->complete) {
        Tensor first = view(*d->operation->part(d->operation->kind == attention_forward ? 2800 : 704));
        bool choice = d->operation->kind == convolution_forward && !first.bf16;
        int engines[] = {choice || first.bf16 ? engine_matrix_units : engine_plain, engine_plain};
        *count = std::min<long long>(most, choice ? 2 : 1);
        for (long long i = 0; i < *count; i++) {
            Descriptor* config = static_cast<Descriptor**>(out)[i];
            config->engine_id = engines[i];
            config->operation = d->operation;
            config->complete = true;
        }
        return success;
    }
    if (d->kind == engine_config && attribute == 300 && type == t_descriptor && most >= 1) {
        Descriptor* e = *static_cast<Descriptor**>(out);
        e->engine_id = d->engine_id;
        e->complete = true;
        return *count = 1, success;
    }
    if (d->kind == engine && attribute == 1303 && type == t_note) {
        *count = d->engine_id == engine_matrix_units && most >= 1 ? 1 : 0;
        if (*count) *static_cast<int*>(out) = note_tensor_core;
        return success;
    }
    if (d->kind == plan && attribute == 402 && type == t_int64 && d->complete) {
        *static_cast<long long*>(out) = 0;
        return *count = 1, success;
    }
    return refuse(not_supported, "reading attribute " + std::to_string(attribute) + " of descriptor " + std::to_string(d->kind));
}

API int cudnnBackendExecute(Handle* handle, const Descriptor* p, const Descriptor* pack) {
    if (!p->complete || !pack->complete || p->kind != plan || pack->kind != variant_pack)
        return refuse(bad_param, "execution without a finalised plan and variant pack");
    return p->operation->kind == convolution_forward ? execute_convolution(*p, *pack, handle->stream)
                                                     : execute_attention(*p, *pack, handle->stream);
}
