package dev.earshot.tools.demoworld;

/** Mixes the voices of a scene: mono, 16 kHz, every object in exactly the seconds in which it is heard. */
final class SoundSynthesizer {
    /** Hz. */
    static final int SAMPLE_RATE = 16_000;

    private static final int FADE = SAMPLE_RATE / 100; // 10 ms at the border of a silent second

    private final Scene scene;
    private final double[] gains;

    SoundSynthesizer(Scene scene) {
        this.scene = scene;
        gains = new double[scene.objects().size()];
        for (int i = 0; i < gains.length; i++) {
            Scene.SceneObject object = scene.objects().get(i);
            gains[i] = object.heard().contains(true) ? gain(object.voice()) : 0;
        }
    }

    /** The whole clip, samples in [-1, 1]. */
    float[] all() {
        float[] wave = new float[scene.seconds() * SAMPLE_RATE];
        for (int second = 0; second < scene.seconds(); second++) {
            System.arraycopy(second(second), 0, wave, second * SAMPLE_RATE, SAMPLE_RATE);
        }
        return wave;
    }

    /** One second, {@value #SAMPLE_RATE} samples in [-1, 1]; equal to that part of {@link #all()}. */
    float[] second(int second) {
        double noise = StrictMath.sqrt(3) * amplitude(scene.noiseDbfs()); // a uniform value has RMS peak / sqrt(3)
        long first = (long) second * SAMPLE_RATE;
        float[] wave = new float[SAMPLE_RATE];
        for (int i = 0; i < SAMPLE_RATE; i++) {
            double sum = noise * WorldRandom.signedHash(scene.noiseKey(), first + i);
            for (int o = 0; o < gains.length; o++) {
                Scene.SceneObject object = scene.objects().get(o);
                if (object.soundsIn(second)) {
                    sum += gains[o] * fade(object, second, i) * object.voice().at(first + i, SAMPLE_RATE);
                }
            }
            wave[i] = (float) Math.clamp(sum, -1.0, 1.0);
        }
        return wave;
    }

    private double fade(Scene.SceneObject object, int second, int i) {
        boolean startsHere = second == 0 || !object.soundsIn(second - 1);
        boolean endsHere = second == scene.seconds() - 1 || !object.soundsIn(second + 1);
        double in = startsHere ? Math.min(1.0, (double) i / FADE) : 1;
        double out = endsHere ? Math.min(1.0, (double) (SAMPLE_RATE - 1 - i) / FADE) : 1;
        return in * out;
    }

    /** Factor that brings the first second of a voice to its level. */
    private static double gain(Voice voice) {
        double sum = 0;
        int step = 3; // every third sample is enough for a level
        for (int i = 0; i < SAMPLE_RATE; i += step) {
            double x = voice.at(i, SAMPLE_RATE);
            sum += x * x;
        }
        double rms = StrictMath.sqrt(sum * step / SAMPLE_RATE);
        return amplitude(voice.rmsDbfs()) / Math.max(rms, 1e-6);
    }

    private static double amplitude(double dbfs) {
        return StrictMath.pow(10, dbfs / 20);
    }
}
