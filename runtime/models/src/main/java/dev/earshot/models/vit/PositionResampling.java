package dev.earshot.models.vit;

/**
 * How a positional table made for one grid of patches is read for another; always bicubic with a = -0.75, half-pixel
 * centres, borders clamped, no antialiasing. The published codes differ in the step between source positions.
 */
public enum PositionResampling {
    /** ImageBind: step n0 / n, square images only (its scale is the square root of the ratio of patch counts). */
    IMAGEBIND {
        @Override
        double step(int native0, int target) {
            return (double) native0 / target;
        }
    },
    /** The DINO authors' code: step n0 / (n + 0.1); the 0.1 was added against rounding and moves every position. */
    DINO_ORIGINAL {
        @Override
        double step(int native0, int target) {
            return native0 / (target + 0.1);
        }
    },
    /** The transformers library, {@code interpolate_pos_encoding}: step n0 / n. */
    TRANSFORMERS {
        @Override
        double step(int native0, int target) {
            return (double) native0 / target;
        }
    },
    /** The table fits one grid only. */
    FIXED {
        @Override
        double step(int native0, int target) {
            throw new IllegalArgumentException(
                    "positional table: made for %d positions along an axis, got %d".formatted(native0, target));
        }
    };

    /** Source positions per target position along one axis: source = (i + 0.5) * step - 0.5. */
    abstract double step(int native0, int target);
}
