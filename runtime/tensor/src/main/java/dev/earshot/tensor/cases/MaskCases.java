package dev.earshot.tensor.cases;

import static dev.earshot.tensor.DType.F32;
import static dev.earshot.tensor.DType.I32;
import static dev.earshot.tensor.DType.I64;
import static dev.earshot.tensor.cases.Rows.elements;
import static dev.earshot.tensor.cases.Rows.sizes;

import dev.earshot.tensor.MaskResize;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.cases.OpCase.Scale;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import java.util.function.DoubleUnaryOperator;

/** Rows of measureMasks and maskBits; exact, since their arithmetic is fixed to the bit. */
final class MaskCases {
    /** Two stages of three blends of three operations each. */
    private static final double FLOPS_PER_PIXEL = 18;

    private static final float OFFSET = 1;

    private MaskCases() {}

    /** What the logits look like. */
    private enum Logits {
        NOISE(g -> 3 * g + 1),
        /** Few different values, so that many blends of dyadic weights lie exactly on a threshold. */
        COARSE(g -> Math.rint(g) / 2),
        /** Most pixels are decided by their neighbourhood alone. */
        SPARSE(g -> Math.abs(g) > 1.9 ? 40 * g : 20),
        /** As trained networks give them: discs with a soft border, and a little noise. */
        DISCS(g -> g / 4),
        EMPTY(g -> -0.1 - Math.abs(g) / 2),
        FULL(g -> 0.5 + Math.abs(g)),
        /** What a network that has gone wrong gives. */
        BROKEN(g -> Math.abs(g) < 0.3 ? Double.NaN : g > 1.7 ? Double.POSITIVE_INFINITY : g < -1.7 ? -1e38 : g);

        private final DoubleUnaryOperator value;

        Logits(DoubleUnaryOperator value) {
            this.value = value;
        }
    }

    private static Tensor logits(OpSetup s, Logits kind, long... shape) {
        if (kind != Logits.DISCS) {
            return s.input(F32, Layout.DENSE, kind.value, shape);
        }
        int height = (int) shape[1];
        int width = (int) shape[2];
        SplittableRandom random = new SplittableRandom(shape[0]);
        float[] values = new float[(int) shape[0] * height * width];
        for (int mask = 0, at = 0; mask < shape[0]; mask++) {
            double centreX = random.nextDouble() * width;
            double centreY = random.nextDouble() * height;
            double radius = (0.05 + random.nextDouble() * 0.4) * width;
            double steepness = 0.2 + random.nextDouble();
            for (int i = 0; i < height * width; i++) {
                double distance = Math.hypot(i % width - centreX, i / width - centreY);
                double value = Math.clamp(steepness * (radius - distance), -20, 20);
                values[at++] = (float) (value + kind.value.applyAsDouble(random.nextGaussian()));
            }
        }
        return s.values(values, shape);
    }

    static void addTo(Consumer<OpCase> rows) {
        MaskResize landscape = new MaskResize(64, 64, 45, 64, 30, 43);
        MaskResize portrait = new MaskResize(64, 64, 64, 41, 97, 62);
        both(rows, Scale.SMALL, Logits.NOISE, landscape, 0, 16, 16);
        for (Logits logits : Logits.values()) {
            both(rows, Scale.SMALL, logits, landscape, 7, 16, 16);
            both(rows, Scale.SMALL, logits, new MaskResize(8, 8, 8, 5, 19, 13), 3, 2, 2);
        }
        both(rows, Scale.SMALL, Logits.NOISE, portrait, 5, 16, 16);
        both(rows, Scale.SMALL, Logits.COARSE, portrait, 5, 16, 16);
        both(rows, Scale.SMALL, Logits.BROKEN, portrait, 5, 16, 16);
        both(rows, Scale.SMALL, Logits.NOISE, new MaskResize(33, 17, 33, 17, 33, 17), 4, 33, 17);
        both(rows, Scale.SMALL, Logits.BROKEN, new MaskResize(33, 17, 33, 17, 33, 17), 4, 33, 17);
        both(rows, Scale.SMALL, Logits.COARSE, new MaskResize(64, 128, 64, 128, 64, 128), 2, 16, 32);
        both(rows, Scale.SMALL, Logits.NOISE, new MaskResize(64, 64, 48, 64, 48, 64), 2, 16, 16);
        both(rows, Scale.SMALL, Logits.NOISE, new MaskResize(1, 1, 1, 1, 1, 1), 9, 1, 1);
        both(rows, Scale.SMALL, Logits.NOISE, new MaskResize(9, 7, 4, 7, 63, 65), 3, 1, 1);
        both(rows, Scale.SMALL, Logits.NOISE, new MaskResize(64, 64, 1, 64, 1, 129), 3, 16, 16);
        both(rows, Scale.SMALL, Logits.NOISE, new MaskResize(64, 64, 64, 1, 200, 1), 3, 16, 16);
        both(rows, Scale.SMALL, Logits.NOISE, new MaskResize(32, 32, 32, 20, 150, 94), 2, 8, 8);
        both(rows, Scale.SMALL, Logits.NOISE, new MaskResize(7, 11, 6, 9, 3, 4), 5, 20, 30);
        both(rows, Scale.SMALL, Logits.NOISE, new MaskResize(61, 50, 33, 49, 40, 71), 3, 17, 23);
        both(rows, Scale.MODEL, Logits.NOISE, new MaskResize(1024, 1024, 683, 1024, 500, 750), 3, 256, 256);
        both(rows, Scale.MODEL, Logits.DISCS, new MaskResize(1024, 1024, 768, 1024, 768, 1024), 3, 256, 256);
        both(rows, Scale.MODEL, Logits.SPARSE, new MaskResize(1024, 1024, 1024, 768, 1333, 1000), 3, 256, 256);
        for (Logits logits : List.of(Logits.DISCS, Logits.NOISE)) {
            both(rows, Scale.BENCH, logits, new MaskResize(1024, 1024, 1024, 1024, 224, 224), 192, 256, 256);
            both(rows, Scale.BENCH, logits, new MaskResize(1024, 1024, 1024, 1024, 1024, 1024), 192, 256, 256);
            both(rows, Scale.BENCH, logits, new MaskResize(1024, 1024, 576, 1024, 1080, 1920), 192, 256, 256);
        }
    }

    private static void both(Consumer<OpCase> rows, Scale scale, Logits logits, MaskResize resize, long... shape) {
        rows.accept(measureMasks(scale, logits, resize, shape));
        rows.accept(maskBits(scale, logits, resize, shape));
    }

    private static OpCase measureMasks(Scale scale, Logits logits, MaskResize resize, long... shape) {
        double bytes = 4 * elements(shape) + 28.0 * shape[0];
        return new OpCase(
                name("measureMasks", logits, resize, shape),
                "measureMasks",
                F32,
                0,
                scale,
                shape[0] * pixels(resize) * FLOPS_PER_PIXEL,
                bytes,
                s -> {
                    Tensor x = logits(s, logits, shape);
                    Tensor out = s.output(I32, shape[0], 7);
                    return () -> s.backend().measureMasks(x, resize, 0, OFFSET, out);
                });
    }

    /** Three times as many as there are masks, in any order; a few numbers belong to no mask. */
    private static OpCase maskBits(Scale scale, Logits logits, MaskResize resize, long... shape) {
        long count = 3 * shape[0];
        double bytes = 4 * elements(shape) + count * (4 + 8.0 * resize.words());
        float threshold = logits == Logits.EMPTY ? -1 : 0;
        return new OpCase(
                name("maskBits", logits, resize, shape),
                "maskBits",
                F32,
                0,
                scale,
                count * pixels(resize) * FLOPS_PER_PIXEL,
                bytes,
                s -> {
                    Tensor x = logits(s, logits, shape);
                    Tensor chosen = s.integers(I32, -1, shape[0] + 1, count);
                    Tensor out = s.output(I64, count, resize.words());
                    return () -> s.backend().maskBits(x, chosen, resize, threshold, out);
                });
    }

    private static double pixels(MaskResize resize) {
        return (double) resize.height() * resize.width();
    }

    /** For example {@code measureMasks 7x16x16 to 64x64 cut 45x64 to 30x43 noise}. */
    private static String name(String op, Logits logits, MaskResize resize, long... shape) {
        return "%s %s to %s cut %s to %s %s"
                .formatted(
                        op,
                        sizes(shape),
                        sizes(resize.frameHeight(), resize.frameWidth()),
                        sizes(resize.insetHeight(), resize.insetWidth()),
                        sizes(resize.height(), resize.width()),
                        logits.name().toLowerCase(Locale.ROOT));
    }
}
