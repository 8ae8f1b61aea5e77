package dev.earshot.bench.peers;

import dev.earshot.segmentation.BinaryMask;
import dev.earshot.segmentation.FrameMask;
import java.util.List;

/**
 * A frame's result in the form that engines are compared in.
 *
 * @param scores of each cluster
 * @param shares of each cluster in the tokens
 */
record Outline(double[] scores, double[] shares, BinaryMask mask) {
    static Outline of(FrameMask frame) {
        return new Outline(
                frame.regions().stream().mapToDouble(FrameMask.Region::score).toArray(),
                frame.regions().stream().mapToDouble(FrameMask.Region::share).toArray(),
                frame.mask());
    }

    /** First the scores and shares of all frames, then the masks, 1 where something sounds. */
    static float[] values(List<Outline> frames) {
        int size = frames.stream()
                .mapToInt(f -> 2 * f.scores.length + f.mask.width() * f.mask.height())
                .sum();
        float[] values = new float[size];
        int at = 0;
        for (Outline frame : frames) {
            at = put(frame.scores, values, at);
            at = put(frame.shares, values, at);
        }
        for (Outline frame : frames) {
            for (byte pixel : frame.mask.toBytes((byte) 1)) {
                values[at++] = pixel;
            }
        }
        return values;
    }

    private static int put(double[] from, float[] to, int at) {
        for (int i = 0; i < from.length; i++) {
            to[at + i] = (float) from[i];
        }
        return at + from.length;
    }
}
