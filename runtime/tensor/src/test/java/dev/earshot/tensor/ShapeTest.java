package dev.earshot.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class ShapeTest {
    @Test
    void countsElementsOfScalarsAndEmptyShapes() {
        assertEquals(1, Shape.of().elements());
        assertEquals(0, Shape.of(3, 0, 5).elements());
        assertEquals(2L * 257 * 1280, Shape.of(2, 257, 1280).elements());
        assertEquals("[2, 257, 1280]", Shape.of(2, 257, 1280).toString());
    }

    @Test
    void negativeAxesCountFromTheEnd() {
        Shape shape = Shape.of(2, 3, 5);
        assertEquals(5, shape.dim(-1));
        assertEquals(2, shape.dim(-3));
        assertEquals(1, shape.axis(-2));
        assertArrayEquals(new long[] {2, 7, 5}, shape.with(-2, 7).toArray());
        for (int axis : new int[] {3, -4}) {
            String message = assertThrows(IllegalArgumentException.class, () -> shape.dim(axis))
                    .getMessage();
            assertEquals("axis %d does not exist in shape [2, 3, 5]".formatted(axis), message);
        }
    }

    @Test
    void sizesAreCopiedInAndOut() {
        long[] dims = {2, 3};
        Shape shape = Shape.of(dims);
        dims[0] = 9;
        shape.toArray()[1] = 9;
        assertEquals(Shape.of(2, 3), shape);
        assertEquals(Shape.of(2, 3).hashCode(), shape.hashCode());
        assertNotEquals(Shape.of(3, 2), shape);
        assertNotEquals(Shape.of(2, 3, 1), shape);
    }

    @Test
    void impossibleSizesAreRefused() {
        assertTrue(message(2, -1).contains("negative dimension in [2, -1]"));
        assertTrue(message(1L << 40, 1L << 40).contains("overflows 64 bits"));
        assertTrue(message(1, 1, 1, 1, 1, 1, 1, 1, 1).contains("at most 8 dimensions"));
    }

    private static String message(long... dims) {
        return assertThrows(IllegalArgumentException.class, () -> Shape.of(dims))
                .getMessage();
    }
}
