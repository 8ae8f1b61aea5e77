package dev.earshot.segmentation.metrics;

import dev.earshot.segmentation.BinaryMask;
import java.util.Objects;

/** What a method says about one frame, in the three forms that the binary metrics accept; pixels row-major. */
public sealed interface FramePrediction {
    /** Columns. */
    int width();

    /** Rows. */
    int height();

    /** A method that only draws masks; scored as logits of -20 and +20. */
    record Mask(BinaryMask mask) implements FramePrediction {
        public Mask {
            Objects.requireNonNull(mask, "mask");
        }

        /** This mask at another size, nearest neighbour; this very one if the size is the same. */
        public Mask resized(int width, int height) {
            if (width == width() && height == height()) {
                return this;
            }
            LabelMap pixels = new LabelMap(width(), height(), mask.toBytes((byte) 1));
            return new Mask(
                    BinaryMask.of(width, height, pixels.resized(width, height).labels()));
        }

        @Override
        public int width() {
            return mask.width();
        }

        @Override
        public int height() {
            return mask.height();
        }
    }

    /**
     * Unbounded logits: foreground where the sigmoid lies above 0.5.
     *
     * @param values [height, width], shared and not copied
     */
    record Logits(int width, int height, float[] values) implements FramePrediction {
        public Logits {
            checkPixels("logits", width, height, values);
        }
    }

    /**
     * Scores in [0, 1], such as a similarity. They are turned into logits ln(s / (1 - s)) of the score clamped to
     * [1e-6, 1 - 1e-6]: fed to the sigmoid as they are, they would all land above 0.5.
     *
     * @param values [height, width], shared and not copied
     * @param threshold foreground for the IoU is what lies above it; 0.5 unless a paper says otherwise
     */
    record Scores(int width, int height, float[] values, float threshold) implements FramePrediction {
        static final float CLAMP = 1e-6f;

        public Scores {
            checkPixels("scores", width, height, values);
            if (!(threshold >= 0 && threshold <= 1)) {
                throw new IllegalArgumentException("score threshold: expected a value in [0, 1], got " + threshold);
            }
        }

        /** Scores with the foreground above 0.5. */
        public Scores(int width, int height, float[] values) {
            this(width, height, values, 0.5f);
        }
    }

    private static void checkPixels(String what, int width, int height, float[] values) {
        if (width < 1 || height < 1 || values.length != (long) width * height) {
            throw new IllegalArgumentException("%s of %d x %d (width x height): expected %d values, got %d"
                    .formatted(what, width, height, (long) width * height, values.length));
        }
    }
}
