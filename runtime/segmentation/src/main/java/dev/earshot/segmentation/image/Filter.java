package dev.earshot.segmentation.image;

/** The interpolation kernels of {@link Resampler}, with Pillow's definitions. */
public enum Filter {
    /** Mean of the covered pixels. */
    BOX(0.5) {
        @Override
        double at(double t) {
            return t > -0.5 && t <= 0.5 ? 1 : 0;
        }
    },
    /** Triangle. */
    BILINEAR(1) {
        @Override
        double at(double t) {
            double a = Math.abs(t);
            return a < 1 ? 1 - a : 0;
        }
    },
    /** Cubic convolution with a = -0.5 (PyTorch's own bicubic has -0.75). */
    BICUBIC(2) {
        @Override
        double at(double t) {
            double a = Math.abs(t);
            if (a < 1) {
                return (1.5 * a - 2.5) * a * a + 1;
            }
            return a < 2 ? -0.5 * (((a - 5) * a + 8) * a - 4) : 0;
        }
    };

    /** Half width in source pixels when enlarging. */
    final double support;

    Filter(double support) {
        this.support = support;
    }

    abstract double at(double t);
}
