package dev.earshot.tools.demoworld;

import java.util.List;

/**
 * All that is to be known about a clip; frames and sound are pure functions of it.
 *
 * @param kind what is heard
 * @param seconds length
 * @param size frame width and height in pixels
 * @param objects later ones hide earlier ones
 * @param background what is behind them
 * @param gain brightness factor of the whole frame
 * @param noiseDbfs level of the white noise under the sound, dBFS (RMS)
 * @param noiseKey seeds pixel noise and sound noise
 */
record Scene(
        SceneKind kind,
        int seconds,
        int size,
        List<SceneObject> objects,
        Background background,
        double gain,
        double noiseDbfs,
        long noiseKey) {
    Scene {
        objects = List.copyOf(objects);
    }

    /** True if something is heard in the given second. */
    boolean sounds(int second) {
        return objects.stream().anyMatch(o -> o.soundsIn(second));
    }

    /** A colour in linear steps of [0, 1]. */
    record Rgb(double r, double g, double b) {
        /** Hue in degrees, saturation and value in [0, 1]. */
        static Rgb ofHsv(double hue, double saturation, double value) {
            double h = (hue % 360 + 360) % 360 / 60;
            return new Rgb(
                    channel(5, h, saturation, value),
                    channel(3, h, saturation, value),
                    channel(1, h, saturation, value));
        }

        private static double channel(int n, double h, double s, double v) {
            double k = (n + h) % 6;
            return v - v * s * Math.max(0, Math.min(1, Math.min(k, 4 - k)));
        }
    }

    /** How an object moves: its centre runs round an ellipse, so that it never stands still, and it turns. */
    record Motion(
            double centreX,
            double centreY,
            double swingX,
            double swingY,
            double turnsPerSecond,
            double phase,
            double angle,
            double spin) {
        double x(double t) {
            return centreX + swingX * StrictMath.cos(2 * StrictMath.PI * turnsPerSecond * t + phase);
        }

        double y(double t) {
            return centreY + swingY * StrictMath.sin(2 * StrictMath.PI * turnsPerSecond * t + phase);
        }

        double angle(double t) {
            return angle + spin * t;
        }
    }

    /**
     * How an object looks.
     *
     * @param radius pixels per unit of the shape
     * @param aspect stretch along the first axis, its inverse along the second
     * @param period texture period in pixels
     * @param phase of the texture
     * @param light first and last colour of the texture
     * @param shadeX shading gradient across the object, per unit of the shape
     */
    record Look(
            double radius,
            double aspect,
            double period,
            double phase,
            Rgb light,
            Rgb dark,
            double shadeX,
            double shadeY) {}

    /** One object: family, look, motion, voice, and the seconds in which it is heard. */
    record SceneObject(ObjectClass kind, Look look, Motion motion, Voice voice, List<Boolean> heard) {
        SceneObject {
            heard = List.copyOf(heard);
        }

        boolean soundsIn(int second) {
            return heard.get(second);
        }
    }

    /** A smooth field between two colours made of three plane waves, and faint stripes in half of the scenes. */
    record Background(Rgb one, Rgb two, List<Wave> waves, double stripes, Wave stripe) {
        Background {
            waves = List.copyOf(waves);
        }
    }

    /** A plane wave: spatial frequencies in cycles per frame width and a phase in radians. */
    record Wave(double fx, double fy, double phase) {
        /** Value at a point in units of the frame width. */
        double at(double x, double y) {
            return StrictMath.sin(2 * StrictMath.PI * (fx * x + fy * y) + phase);
        }
    }
}
