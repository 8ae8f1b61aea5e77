package dev.earshot.tensor.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.earshot.tensor.Activation;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.Floats;
import dev.earshot.tensor.HostTensor;
import dev.earshot.tensor.Linear;
import dev.earshot.tensor.ParameterScope;
import dev.earshot.tensor.Shape;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.Workspace;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Packed weights, read back as the products with unit vectors: sums of one element and zeros, so exact. */
class LinearPackingTest {
    /** in and out: whole panels, a rest in either, more slices than one, narrower than a panel. */
    private static final int[][] SIZES = {
        {16, 32}, {48, 96}, {64, 640}, {1280, 320}, {50, 96}, {48, 100}, {33, 7}, {1, 1}
    };

    private static final List<DType> STORED = List.of(DType.F32, DType.BF16, DType.F16);

    @TestFactory
    List<DynamicTest> productsWithUnitVectorsAreTheWeight() {
        List<DynamicTest> tests = new ArrayList<>();
        for (int threads = 1; threads <= 4; threads++) {
            for (int[] size : SIZES) {
                for (DType stored : STORED) {
                    for (boolean offHeap : new boolean[] {false, true}) {
                        int workers = threads;
                        String name = "%s [%d, %d] %s, %d threads"
                                .formatted(stored, size[1], size[0], offHeap ? "off heap" : "on heap", workers);
                        tests.add(dynamicTest(name, () -> check(workers, size[0], size[1], stored, offHeap)));
                    }
                }
            }
        }
        return tests;
    }

    private static void check(int threads, int in, int out, DType stored, boolean offHeap) {
        try (Arena arena = Arena.ofConfined();
                Backend backend = new CpuBackend(threads);
                ParameterScope scope = backend.parameters();
                Workspace workspace = backend.workspace(0)) {
            float[] weight = new float[in * out];
            HostTensor tensor = random(stored, in, out, offHeap ? arena : null, weight);
            Linear layer = scope.linear(tensor, DType.F32);
            float[] transposed = new float[in * out];
            float[] unit = new float[in * in];
            for (int i = 0; i < in; i++) {
                unit[i * in + i] = 1;
                for (int o = 0; o < out; o++) {
                    transposed[i * out + o] = weight[o * in + i];
                }
            }
            Tensor x = workspace.allocate(DType.F32, in, in);
            Tensor y = workspace.allocate(DType.F32, in, out);
            backend.upload(HostTensor.of(unit, in, in), x);
            backend.linear(x, layer, Activation.NONE, y);
            assertArrayEquals(transposed, backend.download(y));
        }
    }

    /** A tensor of type {@code stored}, in a file's alignment if off the heap; its values also in {@code values}. */
    private static HostTensor random(DType stored, int in, int out, Arena arena, float[] values) {
        SplittableRandom random = new SplittableRandom(in * 31L + out);
        long bytes = (long) stored.bytes() * values.length;
        MemorySegment data = arena == null
                ? MemorySegment.ofArray(new byte[Math.toIntExact(bytes)])
                : arena.allocate(bytes + 8, 64).asSlice(8);
        for (int i = 0; i < values.length; i++) {
            float drawn = (float) random.nextDouble(0.5, 2) * (random.nextBoolean() ? 1 : -1);
            switch (stored) {
                case BF16 -> {
                    data.set(ValueLayout.JAVA_SHORT_UNALIGNED, 2L * i, Floats.toBf16(drawn));
                    values[i] = Floats.roundBf16(drawn);
                }
                case F16 -> {
                    data.set(ValueLayout.JAVA_SHORT_UNALIGNED, 2L * i, Float.floatToFloat16(drawn));
                    values[i] = Float.float16ToFloat(Float.floatToFloat16(drawn));
                }
                default -> {
                    data.set(ValueLayout.JAVA_FLOAT_UNALIGNED, 4L * i, drawn);
                    values[i] = drawn;
                }
            }
        }
        return new HostTensor(data.asReadOnly(), stored, Shape.of(out, in));
    }
}
