package dev.earshot.tensor.cpu;

import static dev.earshot.tensor.cpu.NativeMemory.ALL;

import dev.earshot.tensor.MaskResize;
import java.lang.foreign.ValueLayout;

/** See {@link dev.earshot.tensor.Backend#maskBits}. A worker makes one mask after another, row by row. */
record MaskBits(View logits, View chosen, MaskResize resize, float threshold, View out) implements Op {
    private static final ValueLayout.OfInt I32 = ValueLayout.JAVA_INT_UNALIGNED;
    private static final ValueLayout.OfLong I64 = ValueLayout.JAVA_LONG_UNALIGNED;

    @Override
    public void bind(Binder binder) {
        MaskGeometry geometry = MaskGeometry.of(logits.dim(1), logits.dim(2), resize);
        long masks = chosen.dim(0);
        long pixels = (long) geometry.height() * geometry.width();
        long each = logits.dim(1) * logits.dim(2);
        RowSharing.add(binder, "maskBits " + logits, masks, masks * (each + pixels), worker -> {
            MaskRows rows = new MaskRows(geometry);
            long[] bits = new long[resize.words()];
            return number -> {
                int mask = ALL.get(I32, chosen.at(number));
                java.util.Arrays.fill(bits, 0);
                if (mask >= 0 && mask < logits.dim(0)) {
                    rows.open(logits.at(mask * each));
                    set(rows, bits);
                }
                java.lang.foreign.MemorySegment.copy(bits, 0, ALL, I64, out.at(number * bits.length), bits.length);
            };
        });
    }

    private void set(MaskRows rows, long[] bits) {
        for (int y = 0; y < resize.height(); y++) {
            float[] row = rows.row(y);
            int first = y * resize.width();
            for (int x = 0; x < resize.width(); x++) {
                long bit = row[x] > threshold ? 1 : 0;
                bits[(first + x) >> 6] |= bit << (first + x);
            }
        }
    }
}
