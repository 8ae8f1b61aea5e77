package dev.earshot.tensor.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.earshot.tensor.Backend;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.HostTensor;
import dev.earshot.tensor.MaskResize;
import dev.earshot.tensor.Program;
import dev.earshot.tensor.Shape;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.Workspace;
import dev.earshot.tensor.reference.ReferenceBackend;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.util.SplittableRandom;
import java.util.function.DoubleSupplier;
import org.junit.jupiter.api.Test;

/** That leaving out decided tiles and stages without effect changes no bit of a result, and costs no memory. */
class MaskScanTest {
    private static final int CASES = 400;
    private static final int MASKS = 3;

    /** Logits of {@code MASKS} masks with what they are measured by. */
    private record Case(MaskResize resize, int height, int width, float threshold, float offset, float[] logits) {
        static Case random(SplittableRandom random) {
            int height = random.nextInt(1, 40);
            int width = random.nextInt(1, 40);
            int frameHeight = random.nextBoolean() ? 4 * height : random.nextInt(1, 120);
            int frameWidth = random.nextBoolean() ? 4 * width : random.nextInt(1, 120);
            int insetHeight = random.nextInt(1, frameHeight + 1);
            int insetWidth = random.nextInt(1, frameWidth + 1);
            MaskResize resize = new MaskResize(
                    frameHeight,
                    frameWidth,
                    insetHeight,
                    insetWidth,
                    random.nextInt(3) == 0 ? insetHeight : random.nextInt(1, 200),
                    random.nextInt(3) == 0 ? insetWidth : random.nextInt(1, 200));
            float[] thresholds = {0, -0f, 0.5f, -3, 1000, 1e-42f, -3e38f};
            float threshold = thresholds[random.nextInt(thresholds.length)];
            float[] offsets = {0, 1, 1e-3f, Math.ulp(threshold), 3e38f};
            float offset = offsets[random.nextInt(offsets.length)];
            float[] logits = new float[MASKS * height * width];
            fill(random, threshold, logits, width);
            return new Case(resize, height, width, threshold, offset, logits);
        }

        /** Runs of one kind of value, so that tiles of every kind lie beside others. */
        private static void fill(SplittableRandom random, float threshold, float[] logits, int width) {
            DoubleSupplier[] kinds = {
                () -> threshold,
                () -> threshold + Math.ulp(threshold),
                () -> threshold - Math.ulp(threshold),
                () -> threshold + random.nextInt(-6, 7) * Math.ulp(threshold),
                () -> threshold + 20,
                () -> threshold - 20,
                () -> 4 * random.nextGaussian(),
                () -> random.nextBoolean() ? 0f : -0f,
                () -> random.nextInt(9) == 0 ? Double.NaN : -20,
                () -> random.nextInt(9) == 0 ? Double.POSITIVE_INFINITY : 1e38 * random.nextGaussian(),
            };
            for (int i = 0; i < logits.length; ) {
                DoubleSupplier kind = kinds[random.nextInt(random.nextInt(8) == 0 ? kinds.length : 7)];
                int end = Math.min(logits.length, i + width * random.nextInt(1, 30));
                for (; i < end; i++) {
                    logits[i] = (float) kind.getAsDouble();
                }
            }
        }

        long[][] on(Backend backend) {
            try (Workspace ws = backend.workspace(1 << 16)) {
                Tensor x = backend.upload(ws, HostTensor.of(logits, MASKS, height, width), DType.F32);
                Tensor measures = ws.allocate(DType.I32, MASKS, 7);
                backend.measureMasks(x, resize, threshold, offset, measures);
                HostTensor order =
                        new HostTensor(MemorySegment.ofArray(new int[] {2, 5, 0, 1}), DType.I32, Shape.of(4));
                Tensor chosen = ws.allocate(DType.I32, 4);
                backend.upload(order, chosen);
                Tensor bits = ws.allocate(DType.I64, 4, resize.words());
                backend.maskBits(x, chosen, resize, threshold, bits);
                return new long[][] {backend.downloadIntegers(measures), backend.downloadIntegers(bits)};
            }
        }
    }

    @Test
    void randomMasksMatchReferenceBitForBit() {
        SplittableRandom random = new SplittableRandom(16);
        long set = 0;
        try (Backend reference = new ReferenceBackend();
                Backend cpu = new CpuBackend(2)) {
            for (int i = 0; i < CASES; i++) {
                Case each = Case.random(random);
                long[][] expected = each.on(reference);
                long[][] actual = each.on(cpu);
                String what = "case %d: %s, threshold %s, offset %s"
                        .formatted(i, each.resize(), each.threshold(), each.offset());
                assertArrayEquals(expected[0], actual[0], what);
                assertArrayEquals(expected[1], actual[1], what);
                set += expected[0][2] > 0 ? 1 : 0;
            }
        }
        assertTrue(set > CASES / 2, "cases whose first mask has pixels: " + set);
    }

    /** The column lies exactly on the middle one of the frame; so does a row. */
    @Test
    void picturesOfOneColumnOrRowMatchReference() {
        SplittableRandom random = new SplittableRandom(17);
        try (Backend reference = new ReferenceBackend();
                Backend cpu = new CpuBackend(2)) {
            for (int inset : new int[] {1, 2, 3, 7, 33}) {
                for (MaskResize resize : new MaskResize[] {
                    new MaskResize(40, 36, 30, inset, 50, 1), new MaskResize(36, 40, inset, 30, 1, 50)
                }) {
                    float[] logits = new float[MASKS * 10 * 9];
                    for (int i = 0; i < logits.length; i++) {
                        logits[i] = (float) random.nextGaussian();
                    }
                    Case each = new Case(resize, 10, 9, 0.1f, 0.5f, logits);
                    long[][] expected = each.on(reference);
                    long[][] actual = each.on(cpu);
                    assertArrayEquals(expected[0], actual[0], resize.toString());
                    assertArrayEquals(expected[1], actual[1], resize.toString());
                }
            }
        }
    }

    @Test
    void measuringAllocatesNothing() {
        var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
        Case each = Case.random(new SplittableRandom(18));
        try (Backend cpu = new CpuBackend(1);
                Workspace ws = cpu.workspace(1 << 16)) {
            Tensor x = cpu.upload(ws, HostTensor.of(each.logits(), MASKS, each.height(), each.width()), DType.F32);
            Tensor measures = ws.allocate(DType.I32, MASKS, 7);
            Tensor chosen = ws.allocate(DType.I32, MASKS);
            Tensor bits = ws.allocate(DType.I64, MASKS, each.resize().words());
            cpu.copy(cpu.upload(ws, HostTensor.of(new float[] {0, 1, 2}, MASKS), DType.F32), chosen);
            try (Program program = cpu.capture(b -> {
                b.measureMasks(x, each.resize(), each.threshold(), each.offset(), measures);
                b.maskBits(x, chosen, each.resize(), each.threshold(), bits);
            })) {
                long least = Long.MAX_VALUE;
                // The JVM itself allocates while it compiles: some runs are clean once it has.
                for (int attempt = 0; attempt < 2000 && least > 0; attempt++) {
                    long before = threads.getCurrentThreadAllocatedBytes();
                    for (int i = 0; i < 20; i++) {
                        program.run();
                    }
                    least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - before);
                }
                assertEquals(0, least, "bytes allocated by 20 runs");
            }
        }
    }
}
