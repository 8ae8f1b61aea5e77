package dev.earshot.models.sam;

import dev.earshot.tensor.Backend;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.HostTensor;
import dev.earshot.tensor.Linear;
import dev.earshot.tensor.ParameterScope;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.weights.Weight;

/**
 * Transposed convolutions 2 x 2 of stride 2 as linear layers. Kernel and stride being equal, every input position makes a
 * square of four outputs by itself: one product with 4 * out columns in the order (row a, column b, channel). Taken as four
 * rows each, the result is the next step's input in quad order: position, then the square within it, then the square within
 * that. Only what leaves this order is ever put into rows of pixels.
 *
 * @param weight [in, out, 2, 2]
 * @param bias [out]
 */
record Upscaling(Weight weight, Weight bias) {
    /** Outputs of a position along both axes. */
    static final int SQUARE = 4;

    /** Declares {@code original.weight} and {@code original.bias}. */
    static Upscaling declare(SamLoader loader, String original, int in, int out) {
        return new Upscaling(
                loader.tensor(original + ".weight", in, out, 2, 2), loader.tensor(original + ".bias", out));
    }

    /** The linear layer from [..., in] to [..., 4 * out]. */
    Linear prepare(ParameterScope scope, DType compute) {
        HostTensor kernel = weight.read();
        int in = Math.toIntExact(kernel.shape().dim(0));
        int out = Math.toIntExact(kernel.shape().dim(1));
        float[] from = kernel.toFloats();
        float[] rows = new float[from.length];
        float[] once = bias.read().toFloats();
        float[] repeated = new float[SQUARE * out];
        for (int square = 0; square < SQUARE; square++) {
            for (int o = 0; o < out; o++) {
                int row = square * out + o;
                repeated[row] = once[o];
                for (int c = 0; c < in; c++) {
                    rows[row * in + c] = from[(c * out + o) * SQUARE + square];
                }
            }
        }
        return scope.linear(
                HostTensor.of(rows, (long) SQUARE * out, in), HostTensor.of(repeated, (long) SQUARE * out), compute);
    }

    /**
     * Brings planes of two upscalings from quad order into rows of pixels. The innermost loop of the copy runs along the
     * grid's columns, the longest axis there is.
     *
     * @param quad [B, C, gh * gw * 16] or a view of it, channels before positions
     * @param out [B, C, 4 gh, 4 gw], contiguous
     */
    static void toPixels(Backend b, Tensor quad, SamGrid grid, Tensor out) {
        long batch = out.dim(0);
        long channels = out.dim(1);
        Tensor target = out.reshape(batch, channels, grid.rows(), 2, 2, grid.columns(), 2, 2);
        b.copy(positionsLast(quad, grid), target.transpose(5, 7).transpose(5, 6));
    }

    /** [B, C, gh, a, a2, b, b2, gw] of a contiguous tensor [B, C, gh * gw * 16] in quad order. */
    private static Tensor positionsLast(Tensor quad, SamGrid grid) {
        Tensor squares = quad.reshape(quad.dim(0), quad.dim(1), grid.rows(), grid.columns(), 2, 2, 2, 2);
        return columnsLast(squares);
    }

    /**
     * As {@link #toPixels} for channels behind positions.
     *
     * @param quad [B, gh * gw * 16, C], contiguous
     * @param out [B, C, 4 gh, 4 gw], contiguous
     */
    static void toPlanes(Backend b, Tensor quad, SamGrid grid, Tensor out) {
        long batch = out.dim(0);
        long channels = out.dim(1);
        Tensor squares = quad.reshape(batch, grid.rows(), grid.columns(), 2, 2, 2, 2, channels);
        for (int axis = 7; axis > 1; axis--) {
            squares = squares.transpose(axis, axis - 1); // [B, C, gh, gw, a, b, a2, b2] in the end
        }
        Tensor target = out.reshape(batch, channels, grid.rows(), 2, 2, grid.columns(), 2, 2);
        b.copy(columnsLast(squares), target.transpose(5, 7).transpose(5, 6));
    }

    /** [B, C, gh, gw, a, b, a2, b2] as [B, C, gh, a, a2, b, b2, gw]. */
    private static Tensor columnsLast(Tensor squares) {
        return squares.transpose(3, 4) // B C gh a gw b a2 b2
                .transpose(4, 6) // B C gh a a2 b gw b2
                .transpose(6, 7); // B C gh a a2 b b2 gw
    }
}
