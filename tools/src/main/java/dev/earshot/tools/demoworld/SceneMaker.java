package dev.earshot.tools.demoworld;

import dev.earshot.tools.demoworld.Scene.Background;
import dev.earshot.tools.demoworld.Scene.Look;
import dev.earshot.tools.demoworld.Scene.Motion;
import dev.earshot.tools.demoworld.Scene.Rgb;
import dev.earshot.tools.demoworld.Scene.SceneObject;
import dev.earshot.tools.demoworld.Scene.Wave;
import java.util.ArrayList;
import java.util.List;

/** Draws scenes from a clip's own random numbers. All objects of a scene are of different families. */
final class SceneMaker {
    private static final double HUE_SCATTER = 14; // degrees; families are 45 apart

    private final int size;

    /** For square frames of the given side in pixels. */
    SceneMaker(int size) {
        if (size < 64) {
            throw new IllegalArgumentException("frame size: expected at least 64 pixels, got " + size);
        }
        this.size = size;
    }

    /** Draws the scene of a clip. */
    Scene make(SceneKind kind, int seconds, WorldRandom random) {
        int count = switch (kind) {
            case S4 -> 2 + random.below(2);
            case MS3 -> 2 + (random.chance(0.7) ? 1 : 0);
        };
        return make(kind, seconds, count, random);
    }

    /** Draws a scene with a given number of objects. */
    Scene make(SceneKind kind, int seconds, int count, WorldRandom random) {
        int[] families = random.permutation(ObjectClass.values().length);
        List<List<Boolean>> heard = switch (kind) {
            case S4 -> oneSounds(count, seconds, random);
            case MS3 -> severalSound(count, seconds, random);
        };
        double[][] places = places(count, random);
        List<SceneObject> objects = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            ObjectClass family = ObjectClass.values()[families[i]];
            objects.add(new SceneObject(
                    family,
                    look(family, places[i][2], random),
                    motion(places[i], random),
                    Voice.draw(family, random),
                    heard.get(i)));
        }
        return new Scene(
                kind,
                seconds,
                size,
                objects,
                background(random),
                random.uniform(0.78, 1.15),
                random.uniform(-78, -66),
                random.next());
    }

    private static List<List<Boolean>> oneSounds(int count, int seconds, WorldRandom random) {
        int sounding = random.below(count);
        List<List<Boolean>> heard = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            heard.add(java.util.Collections.nCopies(seconds, i == sounding));
        }
        return heard;
    }

    /** Two of the objects are heard at times; one second, never the same in all clips, is silent. */
    private static List<List<Boolean>> severalSound(int count, int seconds, WorldRandom random) {
        int silent = random.below(seconds);
        List<List<Boolean>> heard = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            heard.add(new ArrayList<>(java.util.Collections.nCopies(seconds, false)));
        }
        int[] order = random.permutation(count);
        for (int s = 0; s < seconds; s++) {
            // one of the pair, the other, or both
            int which = random.below(3);
            for (int k = 0; k < 2; k++) {
                heard.get(order[k]).set(s, s != silent && (which == 2 || which == k));
            }
        }
        return heard;
    }

    /** Centres and radii, {x, y, radius}: apart from each other as a rule, with little overlap. */
    private double[][] places(int count, WorldRandom random) {
        double shrink = 1;
        while (true) {
            double[][] places = new double[count][3];
            for (int i = 0; i < count; i++) {
                // Unit shapes have area 2, so radius r covers 2 r^2 pixels: 16 to 26 % of the frame for two objects.
                double largest = count <= 2 ? 0.36 : 0.315;
                double smallest = count <= 2 ? 0.27 : 0.23;
                places[i][2] = size * shrink * random.uniform(smallest, largest);
                double margin = 0.7 * places[i][2];
                places[i][0] = random.uniform(margin, size - margin);
                places[i][1] = random.uniform(margin, size - margin);
            }
            if (apart(places)) {
                return places;
            }
            shrink = Math.max(0.8, shrink * 0.998);
        }
    }

    private static boolean apart(double[][] places) {
        for (int i = 0; i < places.length; i++) {
            for (int j = 0; j < i; j++) {
                double dx = places[i][0] - places[j][0];
                double dy = places[i][1] - places[j][1];
                double reach = 0.92 * (places[i][2] + places[j][2]);
                if (dx * dx + dy * dy < reach * reach) {
                    return false;
                }
            }
        }
        return true;
    }

    private Motion motion(double[] place, WorldRandom random) {
        double unit = size / 224.0;
        return new Motion(
                place[0],
                place[1],
                unit * random.uniform(5, 11),
                unit * random.uniform(5, 11),
                random.sign() * random.uniform(0.35, 0.6),
                random.uniform(0, 2 * StrictMath.PI),
                random.uniform(0, 2 * StrictMath.PI),
                random.sign() * random.uniform(0.15, 0.6));
    }

    private Look look(ObjectClass family, double radius, WorldRandom random) {
        double hue = family.hue() + HUE_SCATTER * random.normal();
        Rgb main = Rgb.ofHsv(hue, random.uniform(0.6, 1), random.uniform(0.7, 1));
        boolean bright = random.chance(0.4);
        Rgb other = Rgb.ofHsv(
                random.uniform(0, 360),
                bright ? random.uniform(0, 0.3) : random.uniform(0, 0.7),
                bright ? random.uniform(0.8, 1) : random.uniform(0.08, 0.35));
        return new Look(
                radius,
                random.uniform(0.85, 1.18),
                size / 224.0 * random.uniform(12, 19),
                random.uniform(0, 2 * StrictMath.PI),
                main,
                other,
                random.uniform(-0.15, 0.15),
                random.uniform(-0.15, 0.15));
    }

    private static Background background(WorldRandom random) {
        Rgb one = Rgb.ofHsv(random.uniform(0, 360), random.uniform(0.05, 0.55), random.uniform(0.2, 0.85));
        Rgb two = Rgb.ofHsv(random.uniform(0, 360), random.uniform(0.05, 0.55), random.uniform(0.2, 0.85));
        List<Wave> waves = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            waves.add(wave(random, 0.3, 1.6));
        }
        double stripes = random.chance(0.5) ? random.uniform(0.03, 0.1) : 0;
        return new Background(one, two, waves, stripes, wave(random, 5, 14));
    }

    private static Wave wave(WorldRandom random, double from, double to) {
        double angle = random.uniform(0, 2 * StrictMath.PI);
        double frequency = random.uniform(from, to);
        return new Wave(
                frequency * StrictMath.cos(angle),
                frequency * StrictMath.sin(angle),
                random.uniform(0, 2 * StrictMath.PI));
    }
}
