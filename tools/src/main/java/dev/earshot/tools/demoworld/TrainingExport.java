package dev.earshot.tools.demoworld;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;

/**
 * Frames and sounds in bulk for training scripts: one second of sound and one frame per scene, in raw arrays.
 *
 * <p>Files: {@code frames.u8} [n, size, size, 3]; {@code wave.i16} [n, 16000], little-endian; {@code motion.u8} [n, 32,
 * 32], see {@link MotionMap}; {@code shape.json}. The truth is {@code labels.u8} [n, size, size] (0 or class + 1; no
 * scene shows two objects of one class, so it is a map of objects, too) and {@code sounding.u8} [n] (bit c: class c is
 * heard). Val and test always have it, the training split only where it is asked for: the audio-visual networks learn
 * without masks, and only the promptable one, which is about masks, is meant to see them.
 */
final class TrainingExport {
    private static final int CELLS = 32;
    private static final int CHUNK = 64;

    private final SceneMaker maker;
    private final int size;
    private final Split split;
    private final long seed;
    private final boolean truth;

    TrainingExport(Split split, long seed, int size, boolean truth) {
        this.maker = new SceneMaker(size);
        this.size = size;
        this.split = split;
        this.seed = seed;
        this.truth = truth || split != Split.TRAIN;
    }

    private record Sample(byte[] frame, byte[] wave, byte[] motion, byte[] labels, byte sounding) {}

    /** Writes {@code count} samples of one kind, or of a training mixture if {@code kind} is null. */
    void write(Path folder, SceneKind kind, int count, IntConsumer progress) {
        try {
            Files.createDirectories(folder);
            try (OutputStream frames = open(folder, "frames.u8");
                    OutputStream waves = open(folder, "wave.i16");
                    OutputStream motions = open(folder, "motion.u8");
                    OutputStream labels = truth ? open(folder, "labels.u8") : OutputStream.nullOutputStream();
                    OutputStream sounding = truth ? open(folder, "sounding.u8") : OutputStream.nullOutputStream()) {
                for (int first = 0; first < count; first += CHUNK) {
                    for (Sample sample : chunk(kind, first, Math.min(count, first + CHUNK))) {
                        frames.write(sample.frame);
                        waves.write(sample.wave);
                        motions.write(sample.motion);
                        labels.write(sample.labels);
                        sounding.write(sample.sounding);
                        progress.accept(1);
                    }
                }
            }
            Files.writeString(
                    folder.resolve("shape.json"),
                    "{\"count\": %d, \"size\": %d, \"cells\": %d, \"sampleRate\": %d, \"split\": \"%s\", \"seed\": %d}%n"
                            .formatted(count, size, CELLS, SoundSynthesizer.SAMPLE_RATE, split.folder(), seed));
        } catch (IOException e) {
            throw new UncheckedIOException("demo world: cannot write training data to " + folder, e);
        }
    }

    private static OutputStream open(Path folder, String name) throws IOException {
        return new BufferedOutputStream(Files.newOutputStream(folder.resolve(name)), 1 << 20);
    }

    private List<Sample> chunk(SceneKind kind, int from, int to) {
        return new ArrayList<>(IntStream.range(from, to)
                .parallel()
                .mapToObj(i -> sample(kind, i))
                .toList());
    }

    private Sample sample(SceneKind kind, int index) {
        int subset = kind == null ? 3 : kind.ordinal();
        WorldRandom random = new ClipSeed(split, subset, seed, index).random();
        Scene scene = kind == null ? mixture(random) : maker.make(kind, 5, random);
        int second = index % scene.seconds();
        double now = second + Clips.FRAME_INSTANT;
        SceneRenderer renderer = new SceneRenderer(scene);
        SceneRenderer.Frame frame = renderer.frame(now);
        byte[] motion = MotionMap.of(
                renderer.frame(now - MotionMap.STEP).rgb(),
                frame.rgb(),
                renderer.frame(now + MotionMap.STEP).rgb(),
                size,
                CELLS);
        return new Sample(
                frame.rgb(),
                ClipFiles.pcm16(new SoundSynthesizer(scene).second(second)).array(),
                motion,
                classes(scene, frame.labels()),
                soundingClasses(scene, second));
    }

    /** What training sees: a fifth with one object alone, the rest as in S4 and in MS3 without silent seconds. */
    private Scene mixture(WorldRandom random) {
        double draw = random.unit();
        if (draw < 0.2) {
            return maker.make(SceneKind.S4, 5, 1, random);
        }
        return maker.make(draw < 0.75 ? SceneKind.S4 : SceneKind.MS3, 5, random);
    }

    private static byte[] classes(Scene scene, byte[] labels) {
        byte[] classes = new byte[labels.length];
        for (int i = 0; i < labels.length; i++) {
            classes[i] = labels[i] == 0
                    ? 0
                    : (byte) (1 + scene.objects().get(labels[i] - 1).kind().ordinal());
        }
        return classes;
    }

    private static byte soundingClasses(Scene scene, int second) {
        int bits = 0;
        for (Scene.SceneObject object : scene.objects()) {
            bits |= object.soundsIn(second) ? 1 << object.kind().ordinal() : 0;
        }
        return (byte) bits;
    }
}
