package dev.earshot.bench.work;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.earshot.tensor.Backend;
import dev.earshot.tensor.Backends;
import dev.earshot.tensor.BinaryOp;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.HostTensor;
import dev.earshot.tensor.Program;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.Workspace;
import dev.earshot.tensor.cases.OpCase;
import dev.earshot.tensor.cases.OpCase.Scale;
import dev.earshot.tensor.cases.OpCases;
import dev.earshot.tensor.cases.OpRun;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The counts of ops against those of the op table, which are written down independently. */
class WorkCounterTest {
    private static final long SEED = 5;

    @Test
    void operationsEqualThoseOfTheOpTable() {
        List<String> wrong = new ArrayList<>();
        int compared = 0;
        try (Backend backend = Backends.open("cpu:1")) {
            for (OpCase row : OpCases.all()) {
                // The table gives every kind of resampling the operations of a bilinear one, and the weights of
                // attention
                // those of the weighted sum.
                boolean other =
                        row.op().equals("attentionWeights") || row.name().startsWith("resize bicubic");
                if (row.scale() != Scale.SMALL || other) {
                    continue;
                }
                compared++;
                double counted = count(backend, row).flops();
                if (Math.abs(counted - row.flops()) > 1e-9 * row.flops()) {
                    wrong.add("%s: table %.0f, counted %.0f".formatted(row.name(), row.flops(), counted));
                }
            }
        }
        assertTrue(wrong.isEmpty(), () -> String.join("\n", wrong));
        assertTrue(compared > 100, "rows compared: " + compared);
    }

    @Test
    void bytesOfLargeOpsAreThoseOfTheOpTable() {
        try (Backend backend = Backends.open("cpu:1")) {
            for (String name : List.of(
                    "linear 197x768-2304 none f32-f32",
                    "linear 197x768-768 none residual inplace f32",
                    "linear 197x768-2304 none bf16-bf16")) {
                OpCase row = OpCases.matching(name).getFirst();
                assertEquals(row.bytes(), count(backend, row).bytes(), 0.001 * row.bytes(), name);
            }
        }
    }

    private static Work count(Backend backend, OpCase row) {
        WorkCounter counter = new WorkCounter();
        try (OpRun run = row.open(counter.over(backend), SEED)) {
            Work before = counter.total();
            run.execute();
            Work after = counter.total();
            return new Work(after.flops() - before.flops(), after.bytes() - before.bytes());
        }
    }

    @Test
    void aCapturedPassIsCountedOnceAndReplaysWithoutTheCounter() {
        try (Backend backend = Backends.open("cpu:1");
                Workspace ws = backend.workspace(0)) {
            Tensor x = backend.upload(ws, HostTensor.of(new float[] {1, 2, 3}, 3), DType.F32);
            Tensor sum = ws.allocate(DType.F32, 3);
            WorkCounter counter = new WorkCounter();
            try (Program program = backend.capture(counter.counting(b -> {
                b.binary(BinaryOp.ADD, x, x, sum);
                b.copy(ws, sum, DType.F32); // a form that Backend makes of another
            }))) {
                program.run();
                program.run();
                backend.synchronize();
                assertArrayEquals(new float[] {2, 4, 6}, backend.download(sum));
            }
            assertEquals(new Work(3, 3 * 12 + 24), counter.total());
        }
    }
}
