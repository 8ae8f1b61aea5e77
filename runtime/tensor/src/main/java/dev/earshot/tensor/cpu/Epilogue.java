package dev.earshot.tensor.cpu;

import dev.earshot.bindings.onednn.dnnl;
import dev.earshot.tensor.Activation;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * What is fused behind a product, in this order: multiplication by {@code scale}, the activation, then an addition.
 *
 * @param scale 1 for none
 * @param activation of the scaled product
 * @param addition what is added last
 */
record Epilogue(float scale, Activation activation, Addition addition) {
    static final Epilogue NONE = new Epilogue(1, Activation.NONE, Addition.NONE);

    /** x * sigmoid(1.702 x), the constant of CLIP's QuickGELU. */
    static final float QUICK_GELU_ALPHA = 1.702f;

    /** The last term of an epilogue. */
    enum Addition {
        NONE,
        /** What the destination held before. */
        DESTINATION,
        /** A further operand. */
        OPERAND
    }

    /** Index of the addition among the post-operations, which names its argument. */
    int additionIndex() {
        return (scale != 1 ? 1 : 0) + (activation != Activation.NONE ? 1 : 0);
    }

    /** The attributes of a primitive with this epilogue; the caller destroys them with {@link #destroy}. */
    MemorySegment attributes(MemoryDesc operand) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment out = arena.allocate(ValueLayout.ADDRESS);
            OneDnn.check("primitive_attr_create", dnnl.dnnl_primitive_attr_create(out));
            MemorySegment attributes = out.get(ValueLayout.ADDRESS, 0);
            OneDnn.check(
                    "primitive_attr_set_scratchpad_mode",
                    dnnl.dnnl_primitive_attr_set_scratchpad_mode(attributes, dnnl.dnnl_scratchpad_mode_user()));
            OneDnn.check("post_ops_create", dnnl.dnnl_post_ops_create(out));
            MemorySegment operations = out.get(ValueLayout.ADDRESS, 0);
            try {
                append(operations, operand);
                OneDnn.check(
                        "primitive_attr_set_post_ops", dnnl.dnnl_primitive_attr_set_post_ops(attributes, operations));
            } finally {
                OneDnn.check("post_ops_destroy", dnnl.dnnl_post_ops_destroy(operations));
            }
            return attributes;
        }
    }

    static void destroy(MemorySegment attributes) {
        OneDnn.check("primitive_attr_destroy", dnnl.dnnl_primitive_attr_destroy(attributes));
    }

    private void append(MemorySegment operations, MemoryDesc operand) {
        if (scale != 1) {
            eltwise(operations, dnnl.dnnl_eltwise_linear(), scale);
        }
        switch (activation) {
            case NONE -> {}
            case RELU -> eltwise(operations, dnnl.dnnl_eltwise_relu(), 0);
            case GELU -> eltwise(operations, dnnl.dnnl_eltwise_gelu_erf(), 0);
            case QUICK_GELU -> eltwise(operations, dnnl.dnnl_eltwise_swish(), QUICK_GELU_ALPHA);
        }
        switch (addition) {
            case NONE -> {}
            case DESTINATION ->
                OneDnn.check(
                        "post_ops_append_sum",
                        dnnl.dnnl_post_ops_append_sum(operations, 1, 0, dnnl.dnnl_data_type_undef()));
            case OPERAND ->
                OneDnn.check(
                        "post_ops_append_binary",
                        dnnl.dnnl_post_ops_append_binary(operations, dnnl.dnnl_binary_add(), operand.handle()));
        }
    }

    private static void eltwise(MemorySegment operations, int algorithm, float alpha) {
        OneDnn.check("post_ops_append_eltwise", dnnl.dnnl_post_ops_append_eltwise(operations, algorithm, alpha, 0));
    }
}
