package dev.earshot.segmentation.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class UnitVectorsTest {
    @Test
    void fourVectorsAtOnceHaveTheBitsOfEachByItself() {
        int width = 37;
        int vectors = 7;
        SplittableRandom random = new SplittableRandom(4);
        float[] data = new float[3 + vectors * width];
        for (int i = 0; i < data.length; i++) {
            data[i] = (float) random.nextGaussian();
        }
        Arrays.fill(data, 3 + 2 * width, 3 + 3 * width, 1e-8f); // too short for a direction
        float[] with = Arrays.copyOf(data, width);
        float[] out = new float[UnitVectors.FOUR * width];
        double[] dots = new double[UnitVectors.FOUR];
        for (int from = 0; from < vectors; from += UnitVectors.FOUR) {
            int count = Math.min(UnitVectors.FOUR, vectors - from);
            int live = UnitVectors.normalizeFour(data, 3 + from * width, out, count, width);
            UnitVectors.dotFour(out, with, dots, width);
            for (int t = 0; t < UnitVectors.FOUR; t++) {
                float[] alone = new float[width];
                if (t < count) {
                    System.arraycopy(data, 3 + (from + t) * width, alone, 0, width);
                }
                assertEquals(UnitVectors.normalize(alone, 0, width), (live >> t & 1) != 0, "vector " + (from + t));
                for (int i = 0; i < width; i++) {
                    assertEquals(alone[i], out[t * width + i]);
                }
                assertEquals(UnitVectors.dot(alone, 0, with, 0, width), dots[t]);
            }
        }
    }
}
