package dev.earshot.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.earshot.tensor.internal.Elements;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;

class TensorTest {
    /** 0, 1, 2 … */
    private static Tensor counting(long... dims) {
        float[] values = new float[Math.toIntExact(Shape.of(dims).elements())];
        for (int i = 0; i < values.length; i++) {
            values[i] = i;
        }
        return Tensor.ofHost(MemorySegment.ofArray(values), DType.F32, Shape.of(dims));
    }

    private static void assertElements(Tensor x, double... expected) {
        assertArrayEquals(expected, Elements.read(x));
    }

    @Test
    void slicesKeepTheStridesOfTheirTensor() {
        Tensor x = counting(3, 4);
        Tensor middle = x.slice(1, 1, 3);
        assertElements(middle, 1, 2, 5, 6, 9, 10);
        assertFalse(middle.isContiguous());
        assertEquals(4, middle.stride(0));
        assertEquals(1, middle.offset());
        assertElements(middle.slice(0, 2, 3), 9, 10);
        assertTrue(middle.slice(0, 2, 3).dim(0) == 1);
        assertTrue(x.slice(0, 1, 3).isContiguous());
        assertElements(x.slice(0, 1, 1));
        assertEquals("f32 [3, 2] strides [4, 1]", middle.toString());
    }

    @Test
    void selectRemovesAnAxis() {
        Tensor x = counting(2, 3, 2);
        assertEquals(Shape.of(2, 2), x.select(1, 2).shape());
        assertElements(x.select(1, 2), 4, 5, 10, 11);
        assertElements(x.select(-1, 1).select(0, 1), 7, 9, 11);
        assertElements(x.select(0, 1).select(0, 1).select(0, 0), 8);
    }

    @Test
    void transposesExchangeTwoAxes() {
        Tensor x = counting(2, 3);
        assertElements(x.transpose(0, 1), 0, 3, 1, 4, 2, 5);
        assertElements(x.transpose(0, 1).transpose(-1, -2), 0, 1, 2, 3, 4, 5);
        assertTrue(x.transpose(0, 1).transpose(0, 1).isContiguous());
    }

    @Test
    void broadcastsRepeatAxesOfSizeOne() {
        Tensor x = counting(3, 1);
        assertElements(x.broadcast(2, 3, 2), 0, 0, 1, 1, 2, 2, 0, 0, 1, 1, 2, 2);
        assertEquals(0, x.broadcast(2, 3, 2).stride(0));
        assertThrows(IllegalArgumentException.class, () -> x.broadcast(4, 1));
        assertThrows(IllegalArgumentException.class, () -> x.broadcast(3));
    }

    @Test
    void reshapesNeedDenseElements() {
        Tensor x = counting(2, 6);
        assertElements(x.reshape(3, 2, 2).select(0, 1), 4, 5, 6, 7);
        assertThrows(IllegalArgumentException.class, () -> x.reshape(5));
        String message = assertThrows(
                        IllegalArgumentException.class, () -> x.transpose(0, 1).reshape(12))
                .getMessage();
        assertTrue(message.contains("copy it first"), message);
    }

    @Test
    void theFirstTokenOfOneImageIsDense() {
        Tensor token = counting(1, 5, 3).slice(1, 0, 1); // [1, 1, 3], strides [15, 3, 1]
        assertTrue(token.isContiguous());
        assertElements(token.reshape(3), 0, 1, 2);
        assertFalse(counting(2, 5, 3).slice(1, 0, 1).isContiguous());
        assertTrue(counting(2, 5, 3).slice(1, 0, 0).isContiguous());
        assertFalse(counting(3, 4).slice(1, 1, 2).isContiguous(), "a column");
    }

    @Test
    void scalarsHaveOneElement() {
        Tensor scalar = counting(1).select(0, 0);
        assertEquals(0, scalar.shape().rank());
        assertElements(scalar, 0);
        assertElements(scalar.broadcast(2, 2), 0, 0, 0, 0);
    }

    @Test
    void viewsOutsideTheStorageAreRefused() {
        MemorySegment memory = MemorySegment.ofArray(new float[6]);
        assertThrows(IndexOutOfBoundsException.class, () -> Tensor.ofHost(memory, DType.F32, Shape.of(7)));
        Storage storage = Tensor.ofHost(memory, DType.F32, Shape.of(6)).storage();
        assertThrows(IndexOutOfBoundsException.class, () -> Tensor.of(storage, 8, DType.F32, Shape.of(5)));
        assertThrows(IllegalArgumentException.class, () -> Tensor.of(storage, 2, DType.F32, Shape.of(1)));
        Tensor x = counting(2, 3);
        assertThrows(IllegalArgumentException.class, () -> x.slice(1, 2, 4));
        assertThrows(IllegalArgumentException.class, () -> x.slice(1, -1, 2));
        assertThrows(IllegalArgumentException.class, () -> x.slice(1, 2, 1));
        assertThrows(IllegalArgumentException.class, () -> x.slice(2, 0, 1));
    }

    @Test
    void theSegmentStartsAtTheFirstElement() {
        Tensor x = counting(3, 4).slice(0, 1, 3).slice(1, 2, 4);
        assertEquals(6f, x.segment().get(ValueLayout.JAVA_FLOAT_UNALIGNED, 0));
    }
}
