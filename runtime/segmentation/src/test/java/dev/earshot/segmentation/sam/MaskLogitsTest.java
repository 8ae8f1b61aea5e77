package dev.earshot.segmentation.sam;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.earshot.segmentation.BinaryMask;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.Backends;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.HostTensor;
import dev.earshot.tensor.MaskResize;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.Workspace;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class MaskLogitsTest {
    private static MaskResize resize(Random random) {
        int frameHeight = 1 + random.nextInt(40);
        int frameWidth = 1 + random.nextInt(40);
        return new MaskResize(
                frameHeight,
                frameWidth,
                1 + random.nextInt(frameHeight),
                1 + random.nextInt(frameWidth),
                1 + random.nextInt(90),
                1 + random.nextInt(90));
    }

    @Test
    void fullSizeLogitsAreThoseOfTheTwoStagesToTheBit() {
        for (int seed = 0; seed < 60; seed++) {
            Random random = new Random(seed);
            float[][] low = low(random);
            MaskResize resize = resize(random);
            float[][] expected = ScalarSelection.full(low, resize);
            MaskLogits got = logits(low).resized(resize);
            for (int y = 0; y < resize.height(); y++) {
                for (int x = 0; x < resize.width(); x++) {
                    assertEquals(expected[y][x], got.values()[y * resize.width() + x], "seed " + seed);
                }
            }
        }
    }

    @Test
    void masksAreTheLogitsAboveTheThreshold() {
        try (Backend backend = Backends.open("cpu");
                MaskReader reader = new MaskReader(backend);
                Workspace ws = backend.workspace(0)) {
            for (int seed = 0; seed < 40; seed++) {
                Random random = new Random(seed);
                float[][] low = low(random);
                MaskResize resize = resize(random);
                Tensor one = backend.upload(
                        ws, HostTensor.of(logits(low).values(), 1, low.length, low[0].length), DType.F32);
                float[] full = logits(low).resized(resize).values();
                List<MaskMeasure> measured = reader.measure(one, resize, 0.25f, 0.5f);
                int[] counts = new int[3];
                for (float value : full) {
                    counts[0] += value > 0.75f ? 1 : 0;
                    counts[1] += value > -0.25f ? 1 : 0;
                    counts[2] += value > 0.25f ? 1 : 0;
                }
                BinaryMask[] masks = new BinaryMask[1];
                reader.read(one, new int[] {0}, resize, 0.25f, (i, mask) -> masks[i] = mask);
                for (int i = 0; i < full.length; i++) {
                    assertEquals(full[i] > 0.25f, masks[0].get(i % resize.width(), i / resize.width()));
                }
                assertEquals(
                        new MaskMeasure(counts[0], counts[1], counts[2], MaskBox.of(masks[0])), measured.getFirst());
            }
        }
    }

    @Test
    void chosenRowsAreReadInTheirOrderWhetherAdjacentOrNot() {
        try (Backend backend = Backends.open("cpu");
                MaskReader reader = new MaskReader(backend);
                Workspace ws = backend.workspace(0)) {
            float[] values = new float[7 * 4];
            for (int i = 0; i < values.length; i++) {
                values[i] = i / 4;
            }
            Tensor logits = backend.upload(ws, HostTensor.of(values, 7, 2, 2), DType.F32);
            for (int[] rows : new int[][] {{}, {3}, {2, 3, 4}, {0, 2, 3, 6}, {0, 1, 2, 3, 4, 5, 6}}) {
                reader.withRows(logits, rows, some -> {
                    float[] got = backend.download(some.slice(0, 0, rows.length));
                    float[] expected = new float[4 * rows.length];
                    for (int i = 0; i < expected.length; i++) {
                        expected[i] = rows[i / 4];
                    }
                    assertArrayEquals(expected, got);
                });
            }
        }
    }

    /** 30 x 30 pixels are 15 words: with room for 2 masks they come two by two, with none one by one. */
    @Test
    void masksAreTheSameHoweverManyComeAtOnce() {
        MaskResize resize = new MaskResize(20, 20, 20, 20, 30, 30);
        Random random = new Random(1);
        float[] values = new float[9 * 25];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextGaussian();
        }
        int[] rows = {8, 0, 3, 3, 7, 1, 2};
        List<List<BinaryMask>> results = new ArrayList<>();
        try (Backend backend = Backends.open("cpu");
                Workspace ws = backend.workspace(0)) {
            Tensor logits = backend.upload(ws, HostTensor.of(values, 9, 5, 5), DType.F32);
            for (long bytes : new long[] {0, 2 * 15 * 8, 1 << 20}) {
                try (MaskReader reader = new MaskReader(backend, bytes)) {
                    List<BinaryMask> masks = new ArrayList<>();
                    reader.read(logits, rows, resize, 0, (i, mask) -> {
                        assertEquals(masks.size(), i);
                        masks.add(mask);
                    });
                    results.add(masks);
                }
            }
        }
        assertEquals(7, results.getFirst().size());
        assertEquals(results.get(0), results.get(1));
        assertEquals(results.get(0), results.get(2));
    }

    @Test
    void countsThatDoNotFitAreRefused() {
        assertThrows(IllegalArgumentException.class, () -> new MaskLogits(2, 3, new float[5]));
        assertTrue(MaskLogits.NONE.isEmpty());
    }

    private static float[][] low(Random random) {
        float[][] low = new float[1 + random.nextInt(12)][1 + random.nextInt(12)];
        for (float[] row : low) {
            for (int x = 0; x < row.length; x++) {
                row[x] = (float) random.nextGaussian();
            }
        }
        return low;
    }

    private static MaskLogits logits(float[][] rows) {
        float[] values = new float[rows.length * rows[0].length];
        for (int y = 0; y < rows.length; y++) {
            System.arraycopy(rows[y], 0, values, y * rows[0].length, rows[0].length);
        }
        return new MaskLogits(rows.length, rows[0].length, values);
    }
}
