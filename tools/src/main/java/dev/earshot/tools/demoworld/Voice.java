package dev.earshot.tools.demoworld;

import dev.earshot.tensor.SplitMix64;

/**
 * The sound of one object, a pure function of time. Pitch, tempo, timbre and level vary within a family.
 *
 * @param kind the family
 * @param pitch Hz
 * @param tempo events per second
 * @param timbre 0..1, its meaning depends on the family (brightness, vibrato depth, decay)
 * @param rmsDbfs level of a fully sounding second
 * @param key seeds the noise and the order of notes
 */
record Voice(ObjectClass kind, double pitch, double tempo, double timbre, double rmsDbfs, long key) {
    private static final double TAU = 2 * StrictMath.PI;

    /** Draws a voice of a family. */
    static Voice draw(ObjectClass kind, WorldRandom random) {
        double[] pitch = switch (kind) {
            case STAR -> new double[] {220, 500};
            case DISC -> new double[] {400, 900};
            case SQUARE -> new double[] {300, 600};
            case TRIANGLE -> new double[] {2500, 3800};
            case CROSS -> new double[] {2000, 5000};
            case GEAR -> new double[] {55, 110};
            case CRESCENT -> new double[] {650, 1300};
            case CAPSULE -> new double[] {250, 480};
        };
        double[] tempo = switch (kind) {
            case STAR -> new double[] {4, 7};
            case DISC -> new double[] {4, 8};
            case SQUARE -> new double[] {3, 5};
            case TRIANGLE -> new double[] {3, 6};
            case CROSS -> new double[] {4, 9};
            case GEAR -> new double[] {8, 20};
            case CRESCENT -> new double[] {1, 2};
            case CAPSULE -> new double[] {5, 9};
        };
        double logPitch = random.uniform(StrictMath.log(pitch[0]), StrictMath.log(pitch[1]));
        return new Voice(
                kind,
                StrictMath.exp(logPitch),
                random.uniform(tempo[0], tempo[1]),
                random.unit(),
                random.uniform(-26, -14),
                random.next());
    }

    /** The unscaled wave at one instant; levels are set by {@link SoundSynthesizer}. */
    double at(long sample, double sampleRate) {
        double t = sample / sampleRate;
        double beat = t * tempo;
        long event = (long) Math.floor(beat);
        double since = beat - event; // share of the current event that has passed
        double u = since / tempo; // seconds since the event began
        return switch (kind) {
            case STAR -> vibratoTone(t);
            case DISC -> pluck(event, u, since);
            case SQUARE -> chirp(u, since, 1, 2.5 + timbre);
            case TRIANGLE -> chirp(u, since, 1, 0.35 + 0.2 * timbre);
            case CROSS -> noiseBurst(sample, since);
            case GEAR -> rumble(t, sample);
            case CRESCENT -> bell(u, since);
            case CAPSULE -> squareWave(t, event);
        };
    }

    private double vibratoTone(double t) {
        double phase = TAU * pitch * t + (0.02 + 0.02 * timbre) * pitch / tempo * StrictMath.sin(TAU * tempo * t);
        double sum = 0;
        double decay = 0.45 + 0.25 * timbre;
        double level = 1;
        for (int h = 1; h <= 5; h++) {
            sum += level * StrictMath.sin(h * phase);
            level *= decay;
        }
        return sum;
    }

    private double pluck(long event, double u, double since) {
        double note = pitch * (1 + 0.12 * Math.floorMod(SplitMix64.mix(key + event), 4));
        double wave = StrictMath.sin(TAU * note * u) + 0.4 * StrictMath.sin(2 * TAU * note * u);
        return wave * StrictMath.exp(-u * (14 + 14 * timbre)) * edges(u, since);
    }

    /** A sweep of the frequency from one multiple of the pitch to another within 80 % of the event. */
    private double chirp(double u, double since, double from, double to) {
        if (since > 0.8) {
            return 0;
        }
        double length = 0.8 / tempo;
        double phase = TAU * pitch * (from * u + (to - from) * u * u / (2 * length));
        double bow = StrictMath.sin(StrictMath.PI * since / 0.8);
        return StrictMath.sin(phase) * bow;
    }

    /** White noise differenced once or twice, so that high frequencies prevail, in bursts. */
    private double noiseBurst(long sample, double since) {
        double a = WorldRandom.signedHash(key, sample);
        double b = WorldRandom.signedHash(key, sample + 1);
        double c = WorldRandom.signedHash(key, sample + 2);
        double high = (a - b) - (0.4 + 0.6 * timbre) * (b - c);
        double open = 0.35 + 0.25 * timbre;
        return since < open ? high * StrictMath.sin(StrictMath.PI * since / open) : 0;
    }

    private double rumble(double t, long sample) {
        double sum = StrictMath.sin(TAU * pitch * t)
                + 0.8 * StrictMath.sin(TAU * 1.5 * pitch * t + 1)
                + 0.5 * StrictMath.sin(TAU * 2.03 * pitch * t + 2);
        double throb = 0.55 + 0.45 * StrictMath.sin(TAU * tempo * t);
        return throb * sum + 0.1 * timbre * WorldRandom.signedHash(key, sample);
    }

    private double bell(double u, double since) {
        double rate = 2.5 + 2 * timbre;
        double sum = StrictMath.sin(TAU * pitch * u) * StrictMath.exp(-rate * u)
                + 0.7 * StrictMath.sin(TAU * 1.41 * pitch * u) * StrictMath.exp(-1.4 * rate * u)
                + 0.5 * StrictMath.sin(TAU * 2.76 * pitch * u) * StrictMath.exp(-2 * rate * u)
                + 0.3 * StrictMath.sin(TAU * 3.9 * pitch * u) * StrictMath.exp(-3 * rate * u);
        return sum * edges(u, since);
    }

    private double squareWave(double t, long event) {
        double note = Math.floorMod(event, 2L) == 0 ? pitch : 1.5 * pitch;
        double sum = 0;
        for (int h = 1; h * note < 7000; h += 2) {
            sum += StrictMath.sin(h * TAU * note * t) / h;
        }
        return sum;
    }

    /** Two milliseconds of fade-in and the last twentieth of the event as fade-out: no clicks. */
    private static double edges(double u, double since) {
        return Math.min(1, u / 0.002) * Math.min(1, (1 - since) / 0.05);
    }
}
