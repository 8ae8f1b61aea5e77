package dev.earshot.tensor.cpu;

import static dev.earshot.tensor.internal.NativeMemory.ALL;

import dev.earshot.tensor.DType;
import dev.earshot.tensor.Floats;
import java.lang.foreign.ValueLayout;
import java.util.List;

/**
 * See {@link dev.earshot.tensor.Backend#normalizeImage}. By a table of the 256 values of each channel, each of which is
 * rounded to fp32 after every operation: the bits that a host's own table or a card's kernel gives.
 *
 * @param x U8 [B, H, W, 3], dense
 * @param out [B, 3, H, W], dense
 */
record NormalizeImage(View x, List<Float> mean, List<Float> std, View out) implements Op {
    private static final int CHANNELS = 3;
    private static final int VALUES = 256;
    private static final ValueLayout.OfFloat F32 = ValueLayout.JAVA_FLOAT_UNALIGNED;
    private static final ValueLayout.OfShort BF16 = ValueLayout.JAVA_SHORT_UNALIGNED;

    @Override
    public void bind(Binder binder) {
        float[] table = table();
        long height = x.dim(1);
        int width = Math.toIntExact(x.dim(2));
        boolean single = out.dtype() == DType.F32;
        RowSharing.add(binder, "normalizeImage " + x, x.dim(0) * height, x.elements(), worker -> row -> {
            long image = row / height;
            long y = row % height;
            long from = x.address() + row * width * CHANNELS;
            for (int c = 0; c < CHANNELS; c++) {
                long to = out.at(((image * CHANNELS + c) * height + y) * width);
                if (single) {
                    toSingle(from + c, width, table, c * VALUES, to);
                } else {
                    toBf16(from + c, width, table, c * VALUES, to);
                }
            }
        });
    }

    private float[] table() {
        float[] table = new float[CHANNELS * VALUES];
        for (int i = 0; i < table.length; i++) {
            int channel = i / VALUES;
            table[i] = (i % VALUES / 255f - mean.get(channel)) / std.get(channel);
        }
        return table;
    }

    private static void toSingle(long from, int width, float[] table, int channel, long to) {
        for (long i = 0; i < width; i++) {
            int value = ALL.get(ValueLayout.JAVA_BYTE, from + CHANNELS * i) & 0xff;
            ALL.set(F32, to + Float.BYTES * i, table[channel + value]);
        }
    }

    private static void toBf16(long from, int width, float[] table, int channel, long to) {
        for (long i = 0; i < width; i++) {
            int value = ALL.get(ValueLayout.JAVA_BYTE, from + CHANNELS * i) & 0xff;
            ALL.set(BF16, to + Short.BYTES * i, Floats.toBf16(table[channel + value]));
        }
    }
}
