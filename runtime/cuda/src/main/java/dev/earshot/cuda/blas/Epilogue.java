package dev.earshot.cuda.blas;

/**
 * What cuBLASLt does to a product before storing it. Its GELU is the tanh form and its bias gradients are not ours, so these
 * four are all that we use.
 */
enum Epilogue {
    NONE(1, false),
    RELU(2, false),
    BIAS(4, true),
    RELU_BIAS(6, true);

    private final int value;
    private final boolean biased;

    Epilogue(int value, boolean biased) {
        this.value = value;
        this.biased = biased;
    }

    static Epilogue of(boolean bias, boolean relu) {
        if (bias) {
            return relu ? RELU_BIAS : BIAS;
        }
        return relu ? RELU : NONE;
    }

    /** The library's {@code cublasLtEpilogue_t}. */
    int value() {
        return value;
    }

    boolean isBiased() {
        return biased;
    }
}
