package dev.earshot.models.sam;

import dev.earshot.tensor.DType;
import dev.earshot.tensor.HostTensor;
import dev.earshot.tensor.ParameterScope;
import dev.earshot.tensor.Tensor;

/**
 * Tables of relative positions of one block, shared by its heads. Entry d + h - 1 is for a query d rows below the key.
 *
 * @param rows F32 [2h - 1, hd]
 * @param columns F32 [2w - 1, hd]
 */
public record RelativePositions(Tensor rows, Tensor columns) {
    /** The tables for attention over h x w tokens; those of a checkpoint are resampled where they have another length. */
    static RelativePositions prepare(ParameterScope scope, HostTensor rows, HostTensor columns, int h, int w) {
        return new RelativePositions(
                scope.tensor(resample(rows, 2 * h - 1), DType.F32),
                scope.tensor(resample(columns, 2 * w - 1), DType.F32));
    }

    /**
     * Resamples a table [L, hd] along its rows, linearly, half-pixel centres, borders clamped, as PyTorch's
     * {@code interpolate} does.
     */
    static HostTensor resample(HostTensor table, int length) {
        int source = Math.toIntExact(table.shape().dim(0));
        if (source == length) {
            return table;
        }
        int width = Math.toIntExact(table.shape().dim(1));
        float[] from = table.toFloats();
        float[] to = new float[Math.multiplyExact(length, width)];
        for (int o = 0; o < length; o++) {
            double s = Math.max(0, (o + 0.5) * source / length - 0.5);
            int i0 = (int) s;
            int i1 = Math.min(i0 + 1, source - 1);
            double upper = s - i0;
            for (int c = 0; c < width; c++) {
                to[o * width + c] = (float) ((1 - upper) * from[i0 * width + c] + upper * from[i1 * width + c]);
            }
        }
        return HostTensor.of(to, length, width);
    }
}
