package dev.earshot.models.vit;

import dev.earshot.tensor.Backend;
import dev.earshot.tensor.BinaryOp;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.HostTensor;
import dev.earshot.tensor.Interpolation;
import dev.earshot.tensor.ParameterScope;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.Workspace;
import java.util.HashMap;
import java.util.Map;

/**
 * Class token and learned positions of a trunk. Row 0 of the table belongs to the class token; the others are a grid that
 * is resampled when an image has another number of patches. The tables of the first {@value #MOST_KEPT} sizes are made on the
 * host, once, and kept as long as the weights: a captured pass reads them. Pictures of ever more sizes must not hold ever
 * more memory, so a pass at any further size resamples on the backend, in its own workspace.
 */
public final class PositionTable {
    /** Sizes whose tables are kept; one is up to some megabytes. */
    static final int MOST_KEPT = 16;

    private final ParameterScope parameters;
    private final float[] table; // [1 + rows * columns, width]
    private final int rows;
    private final int columns;
    private final int width;
    private final Tensor classToken; // F32 [1, 1, width]
    private final PositionResampling resampling;
    private final Map<Grid, Tensor> kept = new HashMap<>();
    private Tensor planes; // F32 [1, width, rows, columns], once a pass has to resample

    private record Grid(int rows, int columns) {
        long tokens() {
            return 1L + (long) rows * columns;
        }
    }

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
    public void assemble(Backend b, Workspace ws, Tensor patches, int gridRows, int gridColumns, Tensor tokens) {
        Tensor positions = at(b, ws, gridRows, gridColumns);
        long count = patches.dim(1);
        b.binary(BinaryOp.ADD, classToken, positions.slice(1, 0, 1), tokens.slice(1, 0, 1));
        b.binary(BinaryOp.ADD, patches, positions.slice(1, 1, count + 1), tokens.slice(1, 1, count + 1));
    }

    /** The table for a grid, F32 [1, 1 + gridRows * gridColumns, D], kept or else in {@code ws}. */
    public Tensor at(Backend b, Workspace ws, int gridRows, int gridColumns) {
        Grid grid = new Grid(gridRows, gridColumns);
        Tensor known = kept.get(grid);
        if (known != null) {
            return known;
        }
        boolean isNative = gridRows == rows && gridColumns == columns;
        if (!isNative) {
            check(grid);
        }
        if (!isNative && kept.size() >= MOST_KEPT) {
            return resampled(b, ws, grid);
        }
        float[] values = isNative ? table : resampled(grid);
        Tensor positions = parameters.tensor(HostTensor.of(values, 1, grid.tokens(), width), DType.F32);
        kept.put(grid, positions);
        return positions;
    }

    /** By ops, which takes no more memory than the pass. */
    private Tensor resampled(Backend b, Workspace ws, Grid grid) {
        if (planes == null) {
            planes = parameters.tensor(HostTensor.of(channelsFirst(), 1, width, rows, columns), DType.F32);
        }
        Tensor positions = ws.allocate(DType.F32, 1, grid.tokens(), width);
        b.copy(at(b, ws, rows, columns).slice(1, 0, 1), positions.slice(1, 0, 1));
        try (Workspace.Frame _ = ws.frame()) {
            Tensor target = ws.allocate(DType.F32, 1, width, grid.rows, grid.columns);
            b.resize(
                    planes,
                    Interpolation.BICUBIC,
                    resampling.step(rows, grid.rows),
                    resampling.step(columns, grid.columns),
                    target);
            b.copy(target.reshape(1, width, grid.tokens() - 1).transpose(1, 2), positions.slice(1, 1, grid.tokens()));
        }
        return positions;
    }

    private float[] channelsFirst() {
        int cells = rows * columns;
        float[] out = new float[cells * width];
        for (int i = 0; i < out.length; i++) {
            out[i] = table[(1 + i % cells) * width + i / cells];
        }
        return out;
    }

    private void check(Grid grid) {
        if (resampling == PositionResampling.FIXED) {
            throw new IllegalArgumentException("positional table: expected a grid of %d x %d patches, got %d x %d"
                    .formatted(rows, columns, grid.rows, grid.columns));
        }
        if (resampling == PositionResampling.IMAGEBIND && grid.rows != grid.columns) {
            throw new IllegalArgumentException(
                    "positional table: expected a square image, got a grid of %d x %d patches — crop or pad the image"
                            .formatted(grid.rows, grid.columns));
        }
    }

    private float[] resampled(Grid grid) {
        float[] out = new float[Math.toIntExact(Math.multiplyExact(grid.tokens(), width))];
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
