package dev.earshot.tensor.cpu;

import dev.earshot.bindings.onednn.dnnl;
import dev.earshot.tensor.DType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * The oneDNN engine of one backend and typed forms of the calls that create things on it. Every status other than success
 * becomes a {@link DnnlException}. Creation must happen on a thread that asked OpenMP for one thread, because generated code
 * is made for a thread count.
 */
final class OneDnn implements AutoCloseable {
    private final MemorySegment engine;
    private boolean closed;

    OneDnn() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment out = arena.allocate(ValueLayout.ADDRESS);
            check("engine_create", dnnl.dnnl_engine_create(out, dnnl.dnnl_cpu(), 0));
            this.engine = out.get(ValueLayout.ADDRESS, 0);
        }
    }

    static void check(String call, int status) {
        if (status != 0) {
            throw new DnnlException(call, status);
        }
    }

    static int dataType(DType dtype) {
        return switch (dtype) {
            case F32 -> dnnl.dnnl_f32();
            case BF16 -> dnnl.dnnl_bf16();
            case F16 -> dnnl.dnnl_f16();
            case I32 -> dnnl.dnnl_s32();
            case U8 -> dnnl.dnnl_u8();
            case I64 -> throw new IllegalArgumentException("oneDNN has no 64-bit integers");
        };
    }

    /** A queue of one worker. */
    MemorySegment createStream() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment out = arena.allocate(ValueLayout.ADDRESS);
            check("stream_create", dnnl.dnnl_stream_create(out, engine, dnnl.dnnl_stream_default_flags()));
            return out.get(ValueLayout.ADDRESS, 0);
        }
    }

    static void destroyStream(MemorySegment stream) {
        check("stream_destroy", dnnl.dnnl_stream_destroy(stream));
    }

    /** A memory object over {@code address}; the caller destroys it. */
    MemorySegment createMemory(MemorySegment desc, MemorySegment address) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment out = arena.allocate(ValueLayout.ADDRESS);
            check("memory_create", dnnl.dnnl_memory_create(out, desc, engine, address));
            return out.get(ValueLayout.ADDRESS, 0);
        }
    }

    /** dst = epilogue(src weights + bias); {@code operand} describes the epilogue's further operand. */
    Primitive matmul(
            MemoryDesc src,
            MemoryDesc weights,
            MemoryDesc bias,
            MemoryDesc dst,
            Epilogue epilogue,
            MemoryDesc operand) {
        return create(
                "matmul",
                epilogue,
                operand,
                (out, attributes) -> dnnl.dnnl_matmul_primitive_desc_create(
                        out, engine, src.handle(), weights.handle(), bias.handle(), dst.handle(), attributes));
    }

    /** Row-wise layer normalisation, with learned scale and shift if {@code affine}. */
    Primitive layerNorm(MemoryDesc src, MemoryDesc dst, float eps, boolean affine) {
        int flags = affine ? dnnl.dnnl_use_scale() | dnnl.dnnl_use_shift() : dnnl.dnnl_normalization_flags_none();
        return create(
                "layer_normalization",
                Epilogue.NONE,
                MemoryDesc.NONE,
                (out, attributes) -> dnnl.dnnl_layer_normalization_forward_primitive_desc_create(
                        out,
                        engine,
                        dnnl.dnnl_forward_inference(),
                        src.handle(),
                        dst.handle(),
                        MemorySegment.NULL,
                        eps,
                        flags,
                        attributes));
    }

    Primitive softmax(MemoryDesc src, MemoryDesc dst, int axis) {
        return create(
                "softmax",
                Epilogue.NONE,
                MemoryDesc.NONE,
                (out, attributes) -> dnnl.dnnl_softmax_forward_primitive_desc_create(
                        out,
                        engine,
                        dnnl.dnnl_forward_inference(),
                        dnnl.dnnl_softmax_accurate(),
                        src.handle(),
                        dst.handle(),
                        axis,
                        attributes));
    }

    Primitive eltwise(int algorithm, float alpha, MemoryDesc src, MemoryDesc dst) {
        return create(
                "eltwise",
                Epilogue.NONE,
                MemoryDesc.NONE,
                (out, attributes) -> dnnl.dnnl_eltwise_forward_primitive_desc_create(
                        out,
                        engine,
                        dnnl.dnnl_forward_inference(),
                        algorithm,
                        src.handle(),
                        dst.handle(),
                        alpha,
                        0,
                        attributes));
    }

    /** diffSrc = diffDst * f'(src); both gradients are laid out as src. */
    Primitive eltwiseBackward(int algorithm, float alpha, MemoryDesc src) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment hint = arena.allocate(ValueLayout.ADDRESS);
            check(
                    "eltwise_forward_primitive_desc_create",
                    dnnl.dnnl_eltwise_forward_primitive_desc_create(
                            hint,
                            engine,
                            dnnl.dnnl_forward_training(),
                            algorithm,
                            src.handle(),
                            src.handle(),
                            alpha,
                            0,
                            MemorySegment.NULL));
            MemorySegment forward = hint.get(ValueLayout.ADDRESS, 0);
            try {
                return create(
                        "eltwise_backward",
                        Epilogue.NONE,
                        MemoryDesc.NONE,
                        (out, attributes) -> dnnl.dnnl_eltwise_backward_primitive_desc_create(
                                out,
                                engine,
                                algorithm,
                                src.handle(),
                                src.handle(),
                                src.handle(),
                                alpha,
                                0,
                                forward,
                                attributes));
            } finally {
                check("primitive_desc_destroy", dnnl.dnnl_primitive_desc_destroy(forward));
            }
        }
    }

    Primitive reorder(MemoryDesc src, MemoryDesc dst) {
        return create(
                "reorder",
                Epilogue.NONE,
                MemoryDesc.NONE,
                (out, attributes) -> dnnl.dnnl_reorder_primitive_desc_create(
                        out, src.handle(), engine, dst.handle(), engine, attributes));
    }

    /** Geometry of a convolution as oneDNN counts it: a dilation of 0 is a dense kernel. */
    record Geometry(long strideY, long strideX, long dilationY, long dilationX, long padY, long padX) {}

    Primitive convolution(MemoryDesc src, MemoryDesc weights, MemoryDesc bias, MemoryDesc dst, Geometry geometry) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment strides = arena.allocateFrom(ValueLayout.JAVA_LONG, geometry.strideY(), geometry.strideX());
            MemorySegment dilates =
                    arena.allocateFrom(ValueLayout.JAVA_LONG, geometry.dilationY(), geometry.dilationX());
            MemorySegment padding = arena.allocateFrom(ValueLayout.JAVA_LONG, geometry.padY(), geometry.padX());
            return create(
                    "convolution",
                    Epilogue.NONE,
                    MemoryDesc.NONE,
                    (out, attributes) -> dnnl.dnnl_convolution_forward_primitive_desc_create(
                            out,
                            engine,
                            dnnl.dnnl_forward_inference(),
                            dnnl.dnnl_convolution_direct(),
                            src.handle(),
                            weights.handle(),
                            bias.handle(),
                            dst.handle(),
                            strides,
                            dilates,
                            padding,
                            padding,
                            attributes));
        }
    }

    @FunctionalInterface
    private interface DescriptorCall {
        int create(MemorySegment out, MemorySegment attributes);
    }

    private static Primitive create(String kind, Epilogue epilogue, MemoryDesc operand, DescriptorCall call) {
        MemorySegment attributes = epilogue.attributes(operand);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment out = arena.allocate(ValueLayout.ADDRESS);
            check(kind + "_primitive_desc_create", call.create(out, attributes));
            return new Primitive(out.get(ValueLayout.ADDRESS, 0));
        } finally {
            Epilogue.destroy(attributes);
        }
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            check("engine_destroy", dnnl.dnnl_engine_destroy(engine));
        }
    }
}
