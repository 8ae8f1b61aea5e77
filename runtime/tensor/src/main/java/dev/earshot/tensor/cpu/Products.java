package dev.earshot.tensor.cpu;

import dev.earshot.bindings.onednn.dnnl;
import dev.earshot.tensor.DType;

/** Descriptors and cached primitives of plain products of two activations. */
final class Products {
    private Products() {}

    /** Strides of a matrix operand as oneDNN reads it: rows or columns lie densely; or {@link #PACKED}. */
    record Layout(long rowStride, long columnStride) {
        /** Blocks of 16 rows by 32 columns; see {@link PackedLinear}. */
        static final Layout PACKED = new Layout(0, 0);

        /** Dense rows, {@code stride} elements apart. */
        static Layout rows(long stride) {
            return new Layout(stride, 1);
        }

        /** The transpose of rows that are {@code stride} elements apart. */
        static Layout columns(long stride) {
            return new Layout(1, stride);
        }
    }

    /**
     * The term that is added to a product: none, one row for all, a whole matrix laid out as the result, or what the result
     * held before.
     */
    enum Bias {
        NONE,
        ROW,
        MATRIX,
        RESULT
    }

    /** What a product computes; [rows, depth] times [depth, columns]. */
    record Key(
            DType operands,
            DType result,
            long rows,
            long depth,
            long columns,
            Layout left,
            Layout right,
            long resultStride,
            float scale,
            Bias bias) {
        Epilogue epilogue() {
            Epilogue.Addition addition = switch (bias) {
                case NONE -> Epilogue.Addition.NONE;
                case ROW, MATRIX -> Epilogue.Addition.OPERAND;
                case RESULT -> Epilogue.Addition.DESTINATION;
            };
            return new Epilogue(scale, dev.earshot.tensor.Activation.NONE, addition);
        }
    }

    static Primitive primitive(Binder binder, Key key) {
        return binder.primitive(key, () -> create(binder.onednn(), key));
    }

    private static Primitive create(OneDnn onednn, Key key) {
        long biasRows = key.bias() == Bias.ROW ? 1 : key.rows();
        try (MemoryDesc left = matrix(key.operands(), key.rows(), key.depth(), key.left());
                MemoryDesc right = matrix(key.operands(), key.depth(), key.columns(), key.right());
                MemoryDesc result = matrix(key.result(), key.rows(), key.columns(), Layout.rows(key.resultStride()));
                MemoryDesc bias = matrix(DType.F32, biasRows, key.columns(), Layout.rows(key.resultStride()))) {
            return onednn.matmul(left, right, MemoryDesc.NONE, result, key.epilogue(), bias);
        }
    }

    /** True if packing the right operand first, even for one use, makes up for the time it takes. */
    static boolean packingPays(DType operands) {
        return operands == DType.F32 && Isa.effective().prefersNarrowBlocks();
    }

    static MemoryDesc matrix(DType dtype, long rows, long columns, Layout layout) {
        if (layout.equals(Layout.PACKED)) {
            return MemoryDesc.tagged(dtype, dnnl.dnnl_BA16a32b(), rows, columns);
        }
        return MemoryDesc.strided(
                dtype, new long[] {rows, columns}, new long[] {layout.rowStride(), layout.columnStride()});
    }

    /** True if the rows of the last two axes are dense and do not overlap, so that oneDNN can take them as they lie. */
    static boolean rowsApart(View view) {
        return view.hasDenseRows() && (view.rank() < 2 || view.dim(-2) == 1 || view.stride(-2) >= view.dim(-1));
    }

    /** Distance of the rows of the last two axes; any legal value if there is one row. */
    static long rowStride(View view) {
        return Math.max(view.stride(-2), view.dim(-1));
    }
}
