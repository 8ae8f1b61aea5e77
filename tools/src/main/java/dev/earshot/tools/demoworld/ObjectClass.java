package dev.earshot.tools.demoworld;

import java.util.Locale;

/**
 * The eight families of objects. Each is a shape with a texture, a usual hue (45 degrees apart, with scatter) and a
 * family of sounds; the ordinal is the class number, and class number + 1 is the label in semantic masks.
 */
enum ObjectClass {
    STAR,
    DISC,
    SQUARE,
    TRIANGLE,
    CROSS,
    GEAR,
    CRESCENT,
    CAPSULE;

    /** The category name in folders and tables. */
    String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** Middle of the family's hues, degrees. */
    double hue() {
        return 45.0 * ordinal();
    }

    /**
     * Signed distance, negative inside, from a point in the object's own frame. All shapes have about the same area, 2.0,
     * so that no class can be told by its size.
     */
    double signedDistance(double px, double py) {
        double k = scale();
        double x = px * k;
        double y = py * k;
        return shape(x, y) / k;
    }

    private double shape(double x, double y) {
        double radius = StrictMath.sqrt(x * x + y * y);
        return switch (this) {
            case STAR -> radius - 0.72 - 0.26 * StrictMath.cos(5 * StrictMath.atan2(y, x));
            case DISC -> radius - 0.9;
            case SQUARE -> Math.max(Math.abs(x), Math.abs(y)) - 0.8;
            case TRIANGLE -> Math.max(-y, Math.max(0.8660254 * x + 0.5 * y, -0.8660254 * x + 0.5 * y)) - 0.58;
            case CROSS ->
                Math.min(
                        Math.max(Math.abs(x) - 0.95, Math.abs(y) - 0.42),
                        Math.max(Math.abs(y) - 0.95, Math.abs(x) - 0.42));
            case GEAR -> {
                double tooth = 3 * StrictMath.cos(10 * StrictMath.atan2(y, x));
                yield radius - 0.82 - 0.09 * Math.clamp(tooth, -1, 1);
            }
            case CRESCENT -> Math.max(radius - 0.95, 0.6 - StrictMath.sqrt((x - 0.62) * (x - 0.62) + y * y));
            case CAPSULE -> {
                double dx = x - Math.clamp(x, -0.5, 0.5);
                yield StrictMath.sqrt(dx * dx + y * y) - 0.48;
            }
        };
    }

    /** Square root of (area of the raw shape / 2.0): brings all shapes to the same area. */
    private double scale() {
        return switch (this) {
            case STAR -> 0.932;
            case DISC -> 1.128;
            case SQUARE -> 1.131;
            case TRIANGLE -> 0.935;
            case CROSS -> 1.115;
            case GEAR -> 1.036;
            case CRESCENT -> 1.008;
            case CAPSULE -> 0.917;
        };
    }

    /**
     * The texture, in [-1, 1], at a point of the object's own frame measured in texture periods: the two colours of an
     * object are mixed by it.
     *
     * @param phase shifts the pattern; radians
     */
    double texture(double u, double v, double phase) {
        double tau = 2 * StrictMath.PI;
        return switch (this) {
            case STAR -> 2.5 * StrictMath.sin(tau * u + phase);
            case DISC -> 2.5 * StrictMath.sin(tau * StrictMath.sqrt(u * u + v * v) + phase);
            case SQUARE -> 5 * StrictMath.sin(StrictMath.PI * u + phase) * StrictMath.sin(StrictMath.PI * v + phase);
            case TRIANGLE -> 3 * (StrictMath.cos(tau * u + phase) + StrictMath.cos(tau * v + phase) - 0.7);
            case CROSS -> 6 * (Math.max(StrictMath.cos(tau * u + phase), StrictMath.cos(tau * v + phase)) - 0.62);
            case GEAR -> 3 * StrictMath.sin(12 * StrictMath.atan2(v, u) + phase);
            case CRESCENT ->
                2.5
                        * (StrictMath.sin(tau * 0.61 * u + 1.7 * StrictMath.sin(tau * 0.43 * v + phase))
                                + StrictMath.sin(tau * 0.67 * v + 1.7 * StrictMath.sin(tau * 0.37 * u - phase)));
            case CAPSULE -> {
                double zig = Math.abs(u - Math.floor(u) - 0.5);
                yield 2.5 * StrictMath.sin(tau * (v + 1.4 * zig) + phase);
            }
        };
    }
}
