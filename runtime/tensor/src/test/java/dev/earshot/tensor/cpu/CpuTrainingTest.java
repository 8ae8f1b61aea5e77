package dev.earshot.tensor.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.earshot.tensor.Activation;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.HostTensor;
import dev.earshot.tensor.Linear;
import dev.earshot.tensor.ParameterScope;
import dev.earshot.tensor.Program;
import dev.earshot.tensor.ReduceOp;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.TrainingOps;
import dev.earshot.tensor.UnaryOp;
import dev.earshot.tensor.Workspace;
import dev.earshot.tensor.cases.OpCase;
import dev.earshot.tensor.cases.OpCases;
import dev.earshot.tensor.cases.OpRun;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class CpuTrainingTest {
    private static final long SEED = 7;

    private static List<OpCase> rows() {
        Set<String> ops = Arrays.stream(TrainingOps.class.getDeclaredMethods())
                .map(java.lang.reflect.Method::getName)
                .collect(Collectors.toSet());
        return OpCases.all().stream()
                .filter(row -> row.scale() == OpCase.Scale.SMALL && ops.contains(row.op()))
                .toList();
    }

    @Test
    void gradientsDoNotDependOnTheNumberOfThreads() {
        for (OpCase row : rows()) {
            double[][] expected = null;
            for (int threads : new int[] {1, 2, 3}) {
                try (CpuBackend backend = new CpuBackend(threads);
                        OpRun run = row.open(backend, SEED)) {
                    double[][] results = run.run();
                    expected = threads == 1 ? results : expected;
                    assertArrayEquals(expected, results, row + " with " + threads + " threads");
                }
            }
        }
    }

    /** Part of the layer's weights, which the scope counts: made by the first backward pass, and only for layers that have one. */
    @Test
    void theBackwardPassOfALayerPacksItsWeightsOnceMore() {
        try (CpuBackend backend = new CpuBackend(2);
                ParameterScope parameters = backend.parameters();
                Workspace ws = backend.workspace(0)) {
            Linear layer = parameters.linear(HostTensor.of(new float[512 * 512], 512, 512), DType.F32);
            parameters.linear(HostTensor.of(new float[512 * 512], 512, 512), DType.F32);
            long weights = 4 * 512 * 512;
            assertEquals(2 * weights, parameters.bytes());
            Tensor x = ws.allocate(DType.F32, 33, 512);
            Tensor y = ws.allocate(DType.F32, 33, 512);
            backend.linear(x, layer, Activation.NONE, y);
            assertEquals(2 * weights, parameters.bytes());
            for (int rows = 1; rows <= 33; rows += 16) {
                backend.training().linearBackward(y.slice(0, 0, rows), layer, x.slice(0, 0, rows));
                assertEquals(3 * weights, parameters.bytes());
            }
        }
    }

    @Test
    void aReplayOfBackwardOpsAllocatesNothing() {
        try (CpuBackend backend = new CpuBackend(1);
                ParameterScope parameters = backend.parameters();
                Workspace ws = backend.workspace(0)) {
            Linear layer = parameters.linear(HostTensor.of(new float[48 * 32], 48, 32), DType.F32);
            Tensor x = ws.allocate(DType.F32, 2, 33, 32);
            Tensor y = ws.allocate(DType.F32, 2, 33, 48);
            Tensor gradX = ws.allocate(DType.F32, 2, 33, 32);
            Tensor gradY = ws.allocate(DType.F32, 2, 33, 48);
            Tensor weight = ws.allocate(DType.F32, 1, 48, 32);
            Tensor row = ws.allocate(DType.F32, 32);
            Tensor one = ws.allocate(DType.F32, 1);
            Tensor rows = ws.allocate(DType.F32, 2, 33);
            Tensor scalars = ws.allocate(DType.F32, 10);
            TrainingOps training = backend.training();
            try (Program program = backend.capture(b -> {
                b.linear(x, layer, Activation.NONE, y);
                training.fill(gradX, 0);
                training.linearBackward(gradY, layer, gradX);
                training.accumulateMatmul(gradY.transpose(1, 2), x, 1, weight);
                training.layerNormBackward(x, row, 1e-6f, x, gradX);
                training.layerNormParametersBackward(x, 1e-6f, x, row, row);
                training.attentionBackward(x, x, x, 4, 1, x, gradX, gradX, gradX);
                training.softmaxBackward(x, 1, x, gradX);
                training.unaryBackward(UnaryOp.GELU, x, x, gradX);
                training.accumulate(x, 1, one);
                training.accumulate(x, 1, row);
                training.accumulateProduct(x, x, one);
                training.reduceBackward(ReduceOp.LOG_SUM_EXP, x, 2, rows, gradX);
                training.l2NormalizeBackward(x, 1e-6f, x, gradX);
                training.crossModalAttentionBackward(
                        x, x.slice(1, 0, 4), one, 1, x, gradX, gradX.slice(1, 0, 4), row.slice(0, 0, 1));
                training.adam(gradX, x, y.slice(2, 0, 32), gradY.slice(2, 0, 32), scalars);
            })) {
                assertEquals(0, leastAllocated(program), "bytes allocated by 20 runs");
            }
        }
    }

    private static long leastAllocated(Program program) {
        var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
        long least = Long.MAX_VALUE;
        // The JVM itself allocates while it compiles: some runs are clean once it has.
        for (int attempt = 0; attempt < 50 && least > 0; attempt++) {
            long before = threads.getCurrentThreadAllocatedBytes();
            for (int i = 0; i < 20; i++) {
                program.run();
            }
            least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - before);
        }
        return least;
    }
}
