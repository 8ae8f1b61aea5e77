package dev.earshot.tensor;

import dev.earshot.tensor.testing.GoldenOps;
import dev.earshot.tensor.testing.TestBackends;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every op on every backend that can run here against PyTorch, which computed the goldens in float64. */
class GoldenOpsTest {
    /** Above the rounding of fp32 (about 1e-14) and far below any mistake in a formula. */
    private static final double TOLERANCE = 1e-11;

    static Stream<String> backends() {
        return TestBackends.names();
    }

    /** A test body. */
    private interface Body {
        void run(Backend backend, GoldenOps golden);
    }

    private static void on(String name, Body body) {
        try (Backend backend = Backends.open(name);
                GoldenOps golden = new GoldenOps(backend)) {
            body.run(backend, golden);
        }
    }

    @ParameterizedTest
    @MethodSource("backends")
    void linearLayersWithEveryActivation(String name) {
        on(name, (backend, golden) -> {
            Tensor x = golden.tensor("linear.x");
            Linear layer =
                    golden.parameters().linear(golden.host("linear.weight"), golden.host("linear.bias"), DType.F32);
            Linear noBias = golden.parameters().linear(golden.host("linear.weight"), DType.F32);
            for (Activation activation : Activation.values()) {
                golden.expect("linear." + lower(activation), TOLERANCE, y -> backend.linear(x, layer, activation, y));
            }
            golden.expect("linear.nobias", TOLERANCE, y -> backend.linear(x, noBias, Activation.NONE, y));
            Tensor residual = golden.tensor("linear.residual");
            golden.expect(
                    "linear.residual_gelu", TOLERANCE, y -> backend.linear(x, layer, Activation.GELU, residual, y));
            golden.expect("linear.residual_gelu", TOLERANCE, y -> {
                backend.copy(residual, y);
                backend.linear(x, layer, Activation.GELU, y, y);
            });
        });
    }

    @ParameterizedTest
    @MethodSource("backends")
    void matmulWithATransposedAndRepeatedOperand(String name) {
        on(name, (backend, golden) -> {
            Tensor a = golden.tensor("matmul.a");
            Tensor b = golden.tensor("matmul.b").transpose(-1, -2);
            golden.expect("matmul.y", TOLERANCE, y -> backend.matmul(a, b, 0.25f, y));
        });
    }

    @ParameterizedTest
    @MethodSource("backends")
    void normalisationsOfRows(String name) {
        on(name, (backend, golden) -> {
            Tensor x = golden.tensor("norm.x");
            Tensor gamma = golden.tensor("norm.gamma");
            Tensor beta = golden.tensor("norm.beta");
            golden.expect("norm.layer", TOLERANCE, y -> backend.layerNorm(x, gamma, beta, 1e-5f, y));
            golden.expect("norm.layer_plain", TOLERANCE, y -> backend.layerNorm(x, 1e-6f, y));
            golden.expect("norm.softmax", TOLERANCE, y -> backend.softmax(x, 0.7f, y));
            golden.expect("norm.l2", TOLERANCE, y -> backend.l2Normalize(x, 1e-12f, y));
        });
    }

    @ParameterizedTest
    @MethodSource("backends")
    void attentionWithAndWithoutBias(String name) {
        on(name, (backend, golden) -> {
            Tensor q = golden.tensor("attention.q");
            Tensor k = golden.tensor("attention.k");
            Tensor v = golden.tensor("attention.v");
            Tensor bias = golden.tensor("attention.bias");
            Tensor mask = golden.tensor("attention.key_mask");
            golden.expect("attention.y", TOLERANCE, y -> backend.attention(q, k, v, 3, 0.3f, y));
            golden.expect("attention.biased", TOLERANCE, y -> backend.attention(q, k, v, 3, 0.3f, bias, y));
            golden.expect("attention.masked", TOLERANCE, y -> backend.attention(q, k, v, 3, 0.3f, mask, y));
            golden.expect("attention.weights", TOLERANCE, y -> backend.attentionWeights(q, k, 3, 0.3f, y));
        });
    }

    @ParameterizedTest
    @MethodSource("backends")
    void gridsOfTokensWithRelativePositionsAndInWindows(String name) {
        on(name, (backend, golden) -> {
            Tensor q = golden.tensor("grid.q");
            Tensor k = golden.tensor("grid.k");
            Tensor v = golden.tensor("grid.v");
            Tensor rows = golden.tensor("grid.row_table");
            Tensor columns = golden.tensor("grid.column_table");
            golden.expect("grid.attention", TOLERANCE, y -> backend.gridAttention(q, k, v, 3, 0.3f, rows, columns, y));
            Tensor x = golden.tensor("grid.x");
            Tensor padding = golden.tensor("grid.padding");
            Tensor windows = golden.tensor("grid.windows");
            golden.expect("grid.windows", 0, y -> backend.partitionWindows(x, 3, padding, y));
            golden.expect("grid.x", 0, y -> backend.mergeWindows(windows, 3, y));
        });
    }

    @ParameterizedTest
    @MethodSource("backends")
    void convolutionsOfEveryGeometry(String name) {
        on(name, (backend, golden) -> {
            convolution(golden, "plain", ConvolutionOptions.of(1, 0));
            convolution(golden, "uneven", new ConvolutionOptions(2, 3, 1, 2, 1, 1, 1));
            convolution(golden, "dilated", new ConvolutionOptions(1, 1, 2, 1, 2, 3, 1));
            convolution(golden, "grouped", new ConvolutionOptions(1, 1, 1, 1, 1, 1, 3));
            convolution(golden, "depthwise", new ConvolutionOptions(2, 2, 0, 0, 1, 1, 6));
        });
    }

    private static void convolution(GoldenOps golden, String name, ConvolutionOptions options) {
        Convolution layer = golden.parameters()
                .convolution(
                        golden.host("conv." + name + ".weight"),
                        golden.host("conv." + name + ".bias"),
                        options,
                        DType.F32);
        Tensor x = golden.tensor("conv.x");
        golden.expect("conv." + name + ".y", TOLERANCE, y -> golden.backend().conv2d(x, layer, y));
    }

    @ParameterizedTest
    @MethodSource("backends")
    void unfoldingAndPooling(String name) {
        on(name, (backend, golden) -> {
            Tensor x = golden.tensor("conv.x");
            golden.expect("conv.unfold", 0, y -> backend.unfold(x, 3, 4, 2, 3, y));
            for (PoolOp op : PoolOp.values()) {
                golden.expect("conv.pool_" + lower(op), TOLERANCE, y -> backend.pool2d(x, op, 3, 2, 1, y));
            }
        });
    }

    @ParameterizedTest
    @MethodSource("backends")
    void resizingUpAndDown(String name) {
        on(name, (backend, golden) -> {
            Tensor x = golden.tensor("resize.x");
            for (Interpolation kind : Interpolation.values()) {
                for (String way : List.of("up", "down")) {
                    String result = "resize." + lower(kind) + "." + way;
                    golden.expect(result, TOLERANCE, y -> backend.resize(x, kind, y));
                }
            }
            golden.expect(
                    "resize.bicubic.factors",
                    TOLERANCE,
                    y -> backend.resize(x, Interpolation.BICUBIC, 1 / 1.8, 1 / 2.3, y));
        });
    }

    @ParameterizedTest
    @MethodSource("backends")
    void elementwiseFunctions(String name) {
        on(name, (backend, golden) -> {
            for (UnaryOp op : UnaryOp.values()) {
                boolean positive = op == UnaryOp.LOG || op == UnaryOp.SQRT;
                Tensor x = golden.tensor(positive ? "unary.positive" : "unary.x");
                golden.expect("unary." + lower(op), TOLERANCE, y -> backend.unary(op, x, y));
            }
            Tensor a = golden.tensor("binary.a");
            Tensor b = golden.tensor("binary.b");
            for (BinaryOp op : BinaryOp.values()) {
                golden.expect("binary." + lower(op), TOLERANCE, y -> backend.binary(op, a, b, y));
            }
        });
    }

    @ParameterizedTest
    @MethodSource("backends")
    void reductionsOfEveryAxis(String name) {
        on(name, (backend, golden) -> {
            Tensor x = golden.tensor("reduce.x");
            for (ReduceOp op : ReduceOp.values()) {
                for (int axis = 0; axis < 3; axis++) {
                    int along = axis;
                    golden.expect("reduce." + lower(op) + axis, TOLERANCE, y -> backend.reduce(op, x, along, y));
                }
            }
            golden.expect("reduce.argmax", 0, y -> backend.argmax(x, y));
        });
    }

    private static String lower(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
    }
}
