package dev.earshot.models.vit;

import dev.earshot.tensor.Backend;
import dev.earshot.tensor.BinaryOp;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.HostTensor;
import dev.earshot.tensor.ParameterScope;
import dev.earshot.tensor.Tensor;
import java.util.HashMap;
import java.util.Map;

/**
 * Class token and learned positions of a trunk. Row 0 of the table belongs to the class token; the others are a grid that
 * is resampled, once per size, when an image has another number of patches. Resampling runs on the host, so that asking
 * for a new size is no op of the backend and is safe while a pass is captured. A table per size asked for is kept as long as
 * the weights.
 */
public final class PositionTable {
    private final ParameterScope parameters;
    private final float[] table; // [1 + rows * columns, width]
    private final int rows;
    private final int columns;
    private final int width;
    private final Tensor classToken; // F32 [1, 1, width]
    private final PositionResampling resampling;
    private final Map<Grid, Tensor> cache = new HashMap<>();

    private record Grid(int rows, int columns) {}

    /**
     * @param table [1, 1 + rows * columns, D]
     * @param classToken [1, 1, D]
     */
    public PositionTable(
            ParameterScope parameters,
            HostTensor table,
            int rows,
            int columns,
            HostTensor classToken,
            PositionResampling resampling) {
        this.parameters = parameters;
        this.table = table.toFloats();
        this.rows = rows;
        this.columns = columns;
        this.width = Math.toIntExact(table.shape().dim(-1));
        this.classToken = parameters.tensor(classToken.reshape(1, 1, width), DType.F32);
        this.resampling = resampling;
        if (table.shape().dim(-2) != 1L + (long) rows * columns) {
            throw new IllegalArgumentException(
                    "positional table: expected 1 + %d x %d rows, got %s".formatted(rows, columns, table.shape()));
        }
    }

    /**
     * The class token followed by the patches, positions added to all.
     *
     * @param patches F32 [B, gridRows * gridColumns, D]
     * @param tokens F32 [B, 1 + gridRows * gridColumns, D], written
     */
    public void assemble(Backend b, Tensor patches, int gridRows, int gridColumns, Tensor tokens) {
        Tensor positions = at(gridRows, gridColumns);
        long count = patches.dim(1);
        b.binary(BinaryOp.ADD, classToken, positions.slice(1, 0, 1), tokens.slice(1, 0, 1));
        b.binary(BinaryOp.ADD, patches, positions.slice(1, 1, count + 1), tokens.slice(1, 1, count + 1));
    }

    /** The table for a grid, F32 [1, 1 + gridRows * gridColumns, D]. */
    public Tensor at(int gridRows, int gridColumns) {
        return cache.computeIfAbsent(new Grid(gridRows, gridColumns), this::resample);
    }

    private Tensor resample(Grid grid) {
        long tokens = 1L + (long) grid.rows * grid.columns;
        float[] values = grid.rows == rows && grid.columns == columns ? table : resampled(grid, tokens);
        return parameters.tensor(HostTensor.of(values, 1, tokens, width), DType.F32);
    }

    private float[] resampled(Grid grid, long tokens) {
        if (resampling == PositionResampling.FIXED) {
            throw new IllegalArgumentException("positional table: expected a grid of %d x %d patches, got %d x %d"
                    .formatted(rows, columns, grid.rows, grid.columns));
        }
        if (resampling == PositionResampling.IMAGEBIND && grid.rows != grid.columns) {
            throw new IllegalArgumentException(
                    "positional table: expected a square image, got a grid of %d x %d patches — crop or pad the image"
                            .formatted(grid.rows, grid.columns));
        }
        float[] out = new float[Math.toIntExact(Math.multiplyExact(tokens, width))];
        System.arraycopy(table, 0, out, 0, width);
        Taps vertical = Taps.of(rows, grid.rows, resampling.step(rows, grid.rows));
        Taps horizontal = Taps.of(columns, grid.columns, resampling.step(columns, grid.columns));
        double[] sum = new double[width];
        for (int y = 0; y < grid.rows; y++) {
            for (int x = 0; x < grid.columns; x++) {
                gather(vertical, y, horizontal, x, sum);
                int at = (1 + y * grid.columns + x) * width;
                for (int c = 0; c < width; c++) {
                    out[at + c] = (float) sum[c];
                }
            }
        }
        return out;
    }

    private void gather(Taps vertical, int y, Taps horizontal, int x, double[] sum) {
        java.util.Arrays.fill(sum, 0);
        for (int i = 0; i < 4; i++) {
            for (int j = 0; j < 4; j++) {
                double weight = vertical.weight[4 * y + i] * horizontal.weight[4 * x + j];
                int at = (1 + vertical.index[4 * y + i] * columns + horizontal.index[4 * x + j]) * width;
                for (int c = 0; c < width; c++) {
                    sum[c] += weight * table[at + c];
                }
            }
        }
    }

    /** The four source indices and weights of every target position along one axis. */
    private record Taps(int[] index, double[] weight) {
        /** Of the cubic convolution kernel; PyTorch's {@code interpolate} uses this value. */
        private static final double A = -0.75;

        static Taps of(int size, int target, double step) {
            int[] index = new int[4 * target];
            double[] weight = new double[4 * target];
            for (int i = 0; i < target; i++) {
                double source = (i + 0.5) * step - 0.5;
                int base = (int) Math.floor(source);
                for (int k = 0; k < 4; k++) {
                    index[4 * i + k] = Math.clamp(base - 1 + k, 0, size - 1);
                    weight[4 * i + k] = cubic(Math.abs(source - (base - 1 + k)));
                }
            }
            return new Taps(index, weight);
        }

        private static double cubic(double t) {
            if (t <= 1) {
                return ((A + 2) * t - (A + 3)) * t * t + 1;
            }
            return t < 2 ? ((A * t - 5 * A) * t + 8 * A) * t - 4 * A : 0;
        }
    }
}
