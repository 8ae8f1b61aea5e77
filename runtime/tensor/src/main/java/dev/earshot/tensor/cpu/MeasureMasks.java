package dev.earshot.tensor.cpu;

import static dev.earshot.tensor.cpu.NativeMemory.ALL;

import dev.earshot.tensor.MaskResize;
import java.lang.foreign.ValueLayout;

/** See {@link dev.earshot.tensor.Backend#measureMasks}. A worker measures one mask after another, row by row. */
record MeasureMasks(View logits, MaskResize resize, float threshold, float offset, View out) implements Op {
    private static final ValueLayout.OfInt I32 = ValueLayout.JAVA_INT_UNALIGNED;
    private static final int MEASURES = 7;

    @Override
    public void bind(Binder binder) {
        MaskGeometry geometry = MaskGeometry.of(logits.dim(1), logits.dim(2), resize);
        long masks = logits.dim(0);
        long pixels = (long) geometry.height() * geometry.width();
        long each = logits.dim(1) * logits.dim(2);
        RowSharing.add(binder, "measureMasks " + logits, masks, masks * (each + pixels), worker -> {
            MaskRows rows = new MaskRows(geometry);
            return mask -> {
                rows.open(logits.at(mask * each));
                measure(rows, out.at(mask * MEASURES));
            };
        });
    }

    private void measure(MaskRows rows, long address) {
        float strict = threshold + offset;
        float loose = threshold - offset;
        int width = resize.width();
        int inStrict = 0;
        int inLoose = 0;
        int set = 0;
        int minX = width;
        int minY = resize.height();
        int maxX = 0;
        int maxY = 0;
        for (int y = 0; y < resize.height(); y++) {
            float[] row = rows.row(y);
            for (int x = 0; x < width; x++) {
                inStrict += row[x] > strict ? 1 : 0;
                inLoose += row[x] > loose ? 1 : 0;
                if (row[x] > threshold) {
                    set++;
                    minX = Math.min(minX, x);
                    maxX = Math.max(maxX, x);
                    minY = Math.min(minY, y);
                    maxY = y;
                }
            }
        }
        store(address, inStrict, inLoose, set, set == 0 ? 0 : minX, set == 0 ? 0 : minY, maxX, maxY);
    }

    private static void store(long address, int... measures) {
        for (int i = 0; i < MEASURES; i++) {
            ALL.set(I32, address + 4L * i, measures[i]);
        }
    }
}
