package dev.earshot.cuda.ops;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.earshot.tensor.Backend;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.HostTensor;
import dev.earshot.tensor.MaskResize;
import dev.earshot.tensor.Shape;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.Workspace;
import dev.earshot.tensor.testing.TestBackends;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Random;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What only the kernels on masks can get wrong: rows that end within words, blocks of words and of rows, strips of columns. */
class MaskOpsTest {
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6})
    void masksOfAnySizesAreThoseOfTheReference(long seed) {
        try (Twins twins = new Twins(seed)) {
            Random random = twins.random();
            for (int i = 0; i < 8; i++) {
                int frameHeight = 1 + random.nextInt(90);
                int frameWidth = 1 + random.nextInt(90);
                MaskResize resize = new MaskResize(
                        frameHeight,
                        frameWidth,
                        1 + random.nextInt(frameHeight),
                        1 + random.nextInt(frameWidth),
                        1 + random.nextInt(140),
                        1 + random.nextInt(300));
                Tensor[] logits = twins.whole(DType.F32, 3, 1 + random.nextInt(40), 1 + random.nextInt(40));
                expectEqual(twins, logits, resize, random.nextInt(3) - 1);
            }
        }
    }

    /** More than 512 words, which a block makes; rows longer than a block's words; single rows and columns. */
    @ParameterizedTest
    @CsvSource({"9, 33000", "33000, 1", "1, 40000", "700, 100", "65, 257", "64, 512"})
    void picturesBeyondOneBlockAreThoseOfTheReference(int height, int width) {
        try (Twins twins = new Twins(5)) {
            MaskResize resize = new MaskResize(64, 48, 60, 47, height, width);
            expectEqual(twins, twins.whole(DType.F32, 2, 16, 12), resize, 0);
        }
    }

    private static void expectEqual(Twins twins, Tensor[] logits, MaskResize resize, float threshold) {
        Tensor[] measures = twins.whole(DType.I32, logits[0].dim(0), 7);
        Tensor[] chosen = twins.whole(DType.I32, 4); // from -8 to 8: most are of no mask
        Tensor[] bits = twins.whole(DType.I64, 4, resize.words());
        twins.expectEqual(resize + " of " + logits[0], (backend, at) -> {
            backend.measureMasks(logits[at], resize, threshold, 2, measures[at]);
            backend.maskBits(logits[at], chosen[at], resize, threshold, bits[at]);
        });
        twins.reset();
    }

    /** The two ops see the same pixels. */
    @ParameterizedTest
    @CsvSource({"224, 224", "131, 77", "40, 333"})
    void countsAndBoxesAreThoseOfTheBits(int height, int width) {
        MaskResize resize = new MaskResize(128, 128, 96, 128, height, width);
        for (Backend backend : TestBackends.open()) {
            try (backend;
                    Workspace memory = backend.workspace(1 << 20)) {
                SplittableRandom random = new SplittableRandom(3);
                float[] values = new float[3 * 32 * 32];
                for (int i = 0; i < values.length; i++) {
                    values[i] = (float) random.nextDouble(-6, 3);
                }
                Tensor logits = backend.upload(memory, HostTensor.of(values, 3, 32, 32), DType.F32);
                Tensor chosen = memory.allocate(DType.I32, 3);
                backend.upload(
                        new HostTensor(MemorySegment.ofArray(new int[] {0, 1, 2}), DType.I32, Shape.of(3)), chosen);
                Tensor measures = memory.allocate(DType.I32, 3, 7);
                Tensor bits = memory.allocate(DType.I64, 3, resize.words());
                backend.measureMasks(logits, resize, 0, 1, measures);
                backend.maskBits(logits, chosen, resize, 0, bits);
                long[] measured = backend.downloadIntegers(measures);
                long[] words = backend.downloadIntegers(bits);
                for (int mask = 0; mask < 3; mask++) {
                    long[] own = Arrays.copyOfRange(words, mask * resize.words(), (mask + 1) * resize.words());
                    check(BitSet.valueOf(own), width, measured, 7 * mask);
                }
            }
        }
    }

    private static void check(BitSet set, int width, long[] measured, int at) {
        assertEquals(set.cardinality(), measured[at + 2], "pixels");
        assertEquals(set.stream().map(i -> i % width).min().orElse(0), measured[at + 3], "left");
        assertEquals(set.stream().map(i -> i / width).min().orElse(0), measured[at + 4], "top");
        assertEquals(set.stream().map(i -> i % width).max().orElse(0), measured[at + 5], "right");
        assertEquals(set.stream().map(i -> i / width).max().orElse(0), measured[at + 6], "bottom");
    }
}
