package dev.earshot.tensor.cpu;

import static dev.earshot.tensor.internal.NativeMemory.ALL;

import dev.earshot.tensor.MaskResize;
import java.lang.foreign.ValueLayout;

/** See {@link dev.earshot.tensor.Backend#maskBits}. A worker makes one mask after another. */
record MaskBits(View logits, View chosen, MaskResize resize, float threshold, View out) implements Op {
    private static final ValueLayout.OfInt I32 = ValueLayout.JAVA_INT_UNALIGNED;
    private static final ValueLayout.OfLong I64 = ValueLayout.JAVA_LONG_UNALIGNED;
    private static final long ALL_SET = -1;

    @Override
    public void bind(Binder binder) {
        MaskGeometry geometry = MaskGeometry.of(logits.dim(1), logits.dim(2), resize);
        long masks = chosen.dim(0);
        long each = logits.dim(1) * logits.dim(2);
        long words = resize.words();
        RowSharing.add(binder, "maskBits " + logits, masks, masks * geometry.work(), worker -> {
            MaskScan scan = new MaskScan(geometry, threshold);
            Writer writer = new Writer(threshold, resize.width());
            return number -> {
                int mask = ALL.get(I32, chosen.at(number));
                writer.open(out.at(number * words), words);
                if (mask >= 0 && mask < logits.dim(0)) {
                    scan.scan(logits.at(mask * each), writer);
                }
            };
        });
    }

    /** Sets the bits of one mask after another. Belongs to one worker. */
    private static final class Writer implements MaskScan.Sink {
        private final float threshold;
        private final long width;
        private long address;

        Writer(float threshold, int width) {
            this.threshold = threshold;
            this.width = width;
        }

        void open(long newAddress, long words) {
            address = newAddress;
            ALL.asSlice(address, Long.BYTES * words).fill((byte) 0);
        }

        @Override
        public void tile(MaskSpan rows, MaskSpan columns, int level) {
            if (level > 0) {
                for (int y = rows.from(); y < rows.to(); y++) {
                    setAll(y * width + columns.from(), y * width + columns.to());
                }
            }
        }

        private void setAll(long from, long to) {
            for (long bit = from; bit < to; ) {
                long end = Math.min(to, (bit | (Long.SIZE - 1)) + 1);
                or(bit, ALL_SET >>> (Long.SIZE - (end - bit)) << bit);
                bit = end;
            }
        }

        /** Sets bits in the word that bit number {@code bit} lies in. */
        private void or(long bit, long bits) {
            long at = address + (bit >> 6) * Long.BYTES;
            ALL.set(I64, at, ALL.get(I64, at) | bits);
        }

        @Override
        public void pixels(int y, float[] values, int from, int to, boolean finite) {
            long bit = y * width + from;
            long word = 0;
            for (int x = from; x < to; x++) {
                word |= (values[x] > threshold ? 1L : 0L) << bit;
                if (++bit % Long.SIZE == 0) {
                    or(bit - 1, word);
                    word = 0;
                }
            }
            if (bit % Long.SIZE != 0) {
                or(bit, word);
            }
        }
    }
}
