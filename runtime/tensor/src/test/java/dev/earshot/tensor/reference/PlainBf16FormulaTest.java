package dev.earshot.tensor.reference;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.earshot.tensor.Activation;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.Linear;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.Workspace;
import dev.earshot.tensor.testing.GoldenOps;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The reference with BF16 rounding against what PyTorch computes when every tensor is bf16. */
class PlainBf16FormulaTest {
    private ReferenceBackend backend;
    private GoldenOps golden;
    private Workspace workspace;

    @BeforeEach
    void open() {
        backend = new ReferenceBackend(Rounding.BF16);
        golden = new GoldenOps(backend);
        workspace = backend.workspace(0);
    }

    @AfterEach
    void close() {
        workspace.close();
        golden.close();
        backend.close();
    }

    /**
     * Equal bits but for results so near the middle between two bf16 numbers that fp32 and fp64 sums round them apart: at
     * most one in fifty, by one unit in the last place.
     */
    private void expectBits(String name, Consumer<Tensor> op) {
        float[] expected = golden.host(name).toFloats();
        double[] actual = golden.result(name, op);
        int different = 0;
        for (int i = 0; i < expected.length; i++) {
            assertEquals(expected[i], actual[i], Math.abs(expected[i]) * 0x1p-7 + 1e-6, name + " element " + i);
            different += expected[i] == actual[i] ? 0 : 1;
        }
        assertTrue(different * 50 <= expected.length, name + ": " + different + " of " + expected.length + " differ");
    }

    private Tensor parameter(String name) {
        return golden.parameters().tensor(golden.host(name), DType.F32);
    }

    private Linear layer() {
        return golden.parameters().linear(golden.host("bf16.weight"), golden.host("bf16.bias"), DType.BF16);
    }

    @Test
    void layerNormRoundsItsResult() {
        Tensor x = golden.tensor("bf16.x");
        Tensor gamma = parameter("bf16.gamma");
        Tensor beta = parameter("bf16.beta");
        expectBits("bf16.layer_norm", y -> backend.layerNorm(x, gamma, beta, 1e-6f, y));
    }

    @Test
    void linearRoundsBeforeAndAfterTheActivation() {
        Tensor x = golden.tensor("bf16.x");
        Linear layer = layer();
        expectBits("bf16.linear", y -> backend.linear(x, layer, Activation.NONE, y));
        expectBits("bf16.linear_gelu", y -> backend.linear(x, layer, Activation.GELU, y));
    }

    @Test
    void theResidualStreamIsRoundedThoughItIsStoredAsFp32() {
        Tensor x = golden.tensor("bf16.x");
        Tensor stream = backend.copy(workspace, x, DType.F32);
        Linear layer = layer();
        expectBits("bf16.residual", y -> {
            backend.linear(x, layer, Activation.NONE, stream, stream);
            backend.copy(stream, y);
        });
        for (float value : backend.download(stream)) {
            assertEquals(dev.earshot.tensor.Floats.roundBf16(value), value);
        }
    }

    @Test
    void attentionRoundsScoresAndProbabilities() {
        Tensor x = golden.tensor("bf16.x");
        Tensor y = golden.tensor("bf16.linear");
        expectBits("bf16.attention", out -> backend.attention(x, y, x, 3, 0.25f, out));
    }
}
