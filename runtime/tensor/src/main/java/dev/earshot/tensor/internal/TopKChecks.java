package dev.earshot.tensor.internal;

import static dev.earshot.tensor.Checks.argument;
import static dev.earshot.tensor.Checks.dtype;
import static dev.earshot.tensor.Checks.rank;
import static dev.earshot.tensor.Checks.shape;

import dev.earshot.tensor.DType;
import dev.earshot.tensor.Tensor;

/** The argument checks of the merging of top-K lists, shared by all backends. */
public final class TopKChecks {
    /** Lists of a block of rows fit into the shared memory of any card. */
    private static final int MOST = 256;

    private TopKChecks() {}

    /** For {@link dev.earshot.tensor.Backend#mergeTopK}. */
    public static void mergeTopK(
            Tensor x, Tensor rowGroups, Tensor columnGroups, int firstColumn, Tensor values, Tensor indices) {
        rank("mergeTopK x", x, 2);
        dtype("mergeTopK x", x, DType.F32);
        argument(
                x.dim(0) <= Integer.MAX_VALUE && x.dim(1) <= Integer.MAX_VALUE,
                "mergeTopK x",
                "expected fewer than 2^31 rows and columns, got %s",
                x);
        argument(
                firstColumn >= 0 && firstColumn + x.dim(1) - 1 <= Integer.MAX_VALUE,
                "mergeTopK firstColumn",
                "expected column numbers from 0 to 2^31 - 1, got %d for %s",
                firstColumn,
                x);
        rank("mergeTopK values", values, 2);
        long k = values.dim(1);
        argument(k >= 1 && k <= MOST, "mergeTopK values", "expected lists of 1 to %d, got %s", MOST, values);
        dense("mergeTopK rowGroups", rowGroups, DType.I32, x.dim(0));
        dense("mergeTopK columnGroups", columnGroups, DType.I32, x.dim(1));
        dense("mergeTopK values", values, DType.F32, x.dim(0), k);
        dense("mergeTopK indices", indices, DType.I32, x.dim(0), k);
        OpChecks.distinct("mergeTopK values", x, values);
    }

    private static void dense(String what, Tensor tensor, DType type, long... dims) {
        shape(what, tensor, dims);
        dtype(what, tensor, type);
        argument(tensor.isContiguous(), what, "expected a contiguous tensor, got %s; copy it first", tensor);
    }
}
