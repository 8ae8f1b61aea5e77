package dev.earshot.cuda.blas;

import java.util.Arrays;

/**
 * All that the plan of a {@link Product} depends on: sizes, strides, types, epilogue and how its addresses are aligned. One
 * key is filled again for every look-up, so that a product whose plan exists allocates nothing to find it.
 */
final class ProductKey {
    private long[] words = new long[64];
    private int count;

    /** Becomes the key of {@code product}. */
    ProductKey of(Product product) {
        count = 0;
        add(product.m());
        add(product.n());
        add(product.k());
        add(product.leading());
        add(product.operands().ordinal());
        add(product.result().ordinal());
        add(product.epilogue().value()
                | (product.beta() != 0 ? 8 : 0)
                | (product.bias() == 0 ? 0 : alignment(product.bias())) << 4);
        add(product.a());
        add(product.b());
        add(product.c());
        add(product.d());
        return this;
    }

    private void add(Product.Operand operand) {
        add(alignment(operand.address()));
        add(operand.strides().row());
        add(operand.strides().column());
        add(operand.strides().leading());
    }

    /** As in {@link ProductPlan.Part#alignment}, before its steps. */
    static long alignment(long address) {
        return Long.lowestOneBit(address | 256);
    }

    private void add(long[] values) {
        add(values.length);
        for (long value : values) {
            add(value);
        }
    }

    private void add(long word) {
        if (count == words.length) {
            words = Arrays.copyOf(words, 2 * count);
        }
        words[count++] = word;
    }

    /** A key that stays as it is. */
    ProductKey copy() {
        ProductKey copy = new ProductKey();
        copy.words = Arrays.copyOf(words, count);
        copy.count = count;
        return copy;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof ProductKey key && Arrays.equals(words, 0, count, key.words, 0, key.count);
    }

    @Override
    public int hashCode() {
        long hash = count;
        for (int i = 0; i < count; i++) {
            hash = hash * 0x9E3779B97F4A7C15L + words[i];
        }
        return (int) (hash ^ hash >>> 32);
    }
}
