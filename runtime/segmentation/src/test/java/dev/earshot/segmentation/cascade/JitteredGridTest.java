package dev.earshot.segmentation.cascade;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

class JitteredGridTest {
    @Test
    void regularPointsAreTheMiddlesOfTheCells() {
        double[][] points = new JitteredGrid(2, 0, 7).points();
        assertEquals(4, points.length);
        assertArrayEquals(new double[] {0.25, 0.25}, points[0]);
        assertArrayEquals(new double[] {0.75, 0.25}, points[1]);
        assertArrayEquals(new double[] {0.25, 0.75}, points[2]);
    }

    @Test
    void jitteredPointsStayInTheirCellsAndComeFromTheSeed() {
        int n = 8;
        double[][] regular = new JitteredGrid(n, 0, 0).points();
        double[][] moved = new JitteredGrid(n, 0.5, 0).points();
        double farthest = 0;
        for (int i = 0; i < n * n; i++) {
            for (int axis = 0; axis < 2; axis++) {
                double away = Math.abs(moved[i][axis] - regular[i][axis]) * n;
                assertTrue(away <= 0.5, "point " + i + " moved by " + away);
                farthest = Math.max(farthest, away);
            }
        }
        assertTrue(farthest > 0.4, "moved by " + farthest + " at most");
        assertTrue(Arrays.deepEquals(moved, new JitteredGrid(n, 0.5, 0).points()));
        assertFalse(Arrays.deepEquals(moved, new JitteredGrid(n, 0.5, 1).points()));
    }

    @Test
    void wrongSizesAreRefused() {
        assertThrows(IllegalArgumentException.class, () -> new JitteredGrid(0, 0, 0));
        assertThrows(IllegalArgumentException.class, () -> new JitteredGrid(4, 0.6, 0));
        assertThrows(IllegalArgumentException.class, () -> new JitteredGrid(4, Double.NaN, 0));
    }
}
