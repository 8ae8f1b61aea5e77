package dev.earshot.cuda.kernels;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.earshot.tensor.DType;
import dev.earshot.tensor.Shape;
import dev.earshot.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Decodes the structs of {@link Loops} as the kernels do and compares with nested loops over the tensors themselves. */
class LoopsTest {
    private static final long BASE = 1 << 20;

    private static Tensor tensor(DType type, long... dims) {
        Shape shape = Shape.of(dims);
        return Tensor.ofHost(MemorySegment.ofArray(new byte[(int) shape.elements() * type.bytes()]), type, shape);
    }

    private static Loops plan(Loops loops, Tensor... operands) {
        loops.over(operands[operands.length - 1].shape());
        for (Tensor x : operands) {
            loops.operand(BASE + x.offset() * x.dtype().bytes(), x);
        }
        loops.plan();
        return loops;
    }

    /** The addresses of all operands, element by element, in the order of nested loops. */
    private static List<List<Long>> expected(Tensor... operands) {
        Shape shape = operands[operands.length - 1].shape();
        List<List<Long>> all = new ArrayList<>();
        for (long element = 0; element < shape.elements(); element++) {
            List<Long> addresses = new ArrayList<>();
            for (Tensor operand : operands) {
                Tensor x = operand.broadcast(shape.toArray());
                long offset = x.offset();
                long rest = element;
                for (int axis = shape.rank() - 1; axis >= 0; axis--) {
                    offset += rest % shape.dim(axis) * x.stride(axis);
                    rest /= shape.dim(axis);
                }
                addresses.add(BASE + offset * x.dtype().bytes());
            }
            all.add(addresses);
        }
        return all;
    }

    /** What the kernels make of the structs. */
    private static List<List<Long>> decoded(Loops loops, Tensor... operands) {
        List<List<Long>> all = new ArrayList<>();
        for (long piece = 0; piece < loops.pieces(); piece++) {
            long[] words = loops.words(piece).clone();
            int units = (int) words[0];
            for (int unit = 0; unit < units; unit++) {
                for (int lane = 0; lane < (loops.packed() ? Loops.PACK : 1); lane++) {
                    all.add(addresses(words, unit, lane, operands));
                }
            }
            for (int index = 0; index < (int) words[Axes.WORDS]; index++) {
                all.add(addresses(words, units, index, operands));
            }
        }
        return all;
    }

    private static List<Long> addresses(long[] words, int unit, int lane, Tensor... operands) {
        int axes = (int) (words[0] >>> 32);
        long[] at = new long[operands.length];
        long rest = unit;
        for (int axis = 0; axis < axes; axis++) {
            long outer = axis == axes - 1 ? 0 : divide(words, rest, axis);
            for (int n = 0; n < at.length; n++) {
                at[n] += (rest - outer * half(words, 1, axis)) * words[Axes.WORDS + 1 + 10 * n + 2 + axis];
            }
            rest = outer;
        }
        List<Long> addresses = new ArrayList<>();
        for (int n = 0; n < at.length; n++) {
            int header = Axes.WORDS + 1 + 10 * n;
            assertEquals(operands[n].dtype().ordinal(), (int) words[header + 1]);
            boolean repeated = words[header + 1] >>> 32 == 1;
            addresses.add(words[header]
                    + (at[n] + (repeated ? 0 : lane)) * operands[n].dtype().bytes());
        }
        return addresses;
    }

    private static long divide(long[] words, long index, int axis) {
        long high = index * half(words, 1 + Axes.MOST / 2, axis) >>> 32;
        return high + index >>> half(words, 1 + Axes.MOST, axis);
    }

    private static long half(long[] words, int from, int index) {
        return words[from + index / 2] >>> 32 * (index % 2) & 0xffffffffL;
    }

    private static void check(Loops loops, Tensor... operands) {
        List<List<Long>> actual = decoded(plan(loops, operands), operands);
        List<List<Long>> wanted = expected(operands);
        sort(actual);
        sort(wanted);
        assertEquals(wanted, actual);
    }

    /** By the address of the result, which every element has its own of. */
    private static void sort(List<List<Long>> addresses) {
        addresses.sort((a, b) -> Long.compare(a.getLast(), b.getLast()));
    }

    @Test
    void denseTensorsAreOnePackedAxisWithATail() {
        Tensor x = tensor(DType.F32, 3, 5, 7);
        Loops loops = plan(new Loops(2), x, tensor(DType.BF16, 3, 5, 7));
        assertTrue(loops.packed());
        assertEquals(26, loops.words(0)[0] & 0xffffffffL, "packs");
        assertEquals(1, loops.words(0)[0] >>> 32, "axes");
        assertEquals(1, loops.words(0)[Axes.WORDS], "tail");
        check(loops, x, tensor(DType.BF16, 3, 5, 7));
    }

    @Test
    void transposedOperandsOfOneLayoutAreOneAxis() {
        Tensor x = tensor(DType.F32, 6, 10).transpose(0, 1);
        Tensor y = tensor(DType.F32, 6, 10).transpose(0, 1);
        assertEquals(1, plan(new Loops(2), x, y).words(0)[0] >>> 32);
        check(new Loops(2), x, y);
    }

    @Test
    void rowsOfABroadcastBiasArePacked() {
        Tensor x = tensor(DType.F32, 5, 16);
        Tensor bias = tensor(DType.F32, 16);
        Tensor scale = tensor(DType.F32, 5, 1);
        assertTrue(plan(new Loops(3), x, bias, tensor(DType.F32, 5, 16)).packed());
        check(new Loops(3), x, bias, tensor(DType.F32, 5, 16));
        assertTrue(plan(new Loops(3), x, scale, tensor(DType.F32, 5, 16)).packed());
        check(new Loops(3), x, scale, tensor(DType.F32, 5, 16));
        check(new Loops(3), tensor(DType.F32, 1), scale, tensor(DType.F32, 5, 16));
    }

    @Test
    void misalignedOrOddRowsAreNotPacked() {
        Tensor wide = tensor(DType.F32, 5, 24);
        assertTrue(plan(new Loops(2), wide.slice(1, 4, 20), tensor(DType.F32, 5, 16))
                .packed());
        assertFalse(plan(new Loops(2), wide.slice(1, 3, 19), tensor(DType.F32, 5, 16))
                .packed());
        assertFalse(plan(new Loops(2), wide.slice(1, 4, 21), tensor(DType.F32, 5, 17))
                .packed());
        Tensor row = tensor(DType.BF16, 30);
        assertFalse(
                plan(new Loops(2), row.slice(0, 2, 20), tensor(DType.BF16, 18)).packed());
        assertTrue(
                plan(new Loops(2), row.slice(0, 4, 20), tensor(DType.BF16, 16)).packed());
        assertFalse(
                plan(new Loops(2), tensor(DType.F32, 3), tensor(DType.F32, 3)).packed());
    }

    @Test
    void eightAxesInAnyOrder() {
        SplittableRandom random = new SplittableRandom(3);
        Loops two = new Loops(2);
        Loops three = new Loops(3);
        for (int round = 0; round < 200; round++) {
            int rank = random.nextInt(9);
            Tensor[] operands = new Tensor[3];
            long[] dims = random.longs(rank, 1, 4).toArray();
            for (int i = 0; i < 3; i++) {
                operands[i] = view(random, DType.values()[random.nextInt(2)], dims, i < 2);
            }
            check(three, operands);
            check(two, operands[0], operands[2]);
        }
    }

    /** A view of these sizes with its axes in random order in memory, maybe repeated along some. */
    private static Tensor view(SplittableRandom random, DType type, long[] dims, boolean mayRepeat) {
        List<Integer> order = new ArrayList<>();
        for (int axis = 0; axis < dims.length; axis++) {
            order.add(axis);
        }
        Collections.shuffle(order, new java.util.Random(random.nextLong()));
        long[] stored = new long[dims.length];
        for (int i = 0; i < dims.length; i++) {
            boolean one = mayRepeat && random.nextInt(4) == 0;
            stored[i] = one ? 1 : dims[order.get(i)];
        }
        Tensor x = tensor(type, stored);
        for (int i = 0; i < dims.length; i++) {
            int from = order.indexOf(i);
            x = x.transpose(i, from);
            Collections.swap(order, i, from);
        }
        return x;
    }

    @Test
    void moreUnitsThanALaunchTakesBecomePieces() {
        Loops few = new Loops(2, 7);
        Tensor dense = tensor(DType.F32, 4, 5, 6);
        check(few, dense, tensor(DType.F32, 4, 5, 6));
        assertEquals(5, few.pieces()); // 30 packs
        Tensor strided = tensor(DType.F32, 6, 5, 4).transpose(0, 2);
        check(few, strided, dense);
        assertTrue(few.pieces() > 15);
        check(few, tensor(DType.F32, 61), tensor(DType.F32, 61)); // 15 packs and a tail
        assertEquals(3, few.pieces());
    }

    @Test
    void divisionByMultiplicationIsExact() {
        SplittableRandom random = new SplittableRandom(5);
        long most = Integer.MAX_VALUE;
        for (int round = 0; round < 20_000; round++) {
            long divisor = 1 + random.nextLong(1L << (1 + random.nextInt(31)));
            long near = Math.min(most, random.nextLong(1 + most / divisor) * divisor);
            for (long index : new long[] {0, 1, near, Math.max(0, near - 1), Math.min(most, near + 1), most}) {
                long high = index * (Axes.magic(divisor) & 0xffffffffL) >>> 32;
                assertEquals(index / divisor, high + index >>> Axes.shift(divisor), () -> index + " / " + divisor);
            }
        }
    }
}
