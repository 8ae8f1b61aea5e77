package dev.earshot.segmentation.training;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.earshot.segmentation.MediaException;
import dev.earshot.segmentation.audio.Waveform;
import dev.earshot.segmentation.image.RgbImage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Clips as raw arrays, as {@code earshot demo-world --layout training} writes them: {@code shape.json}, {@code frames.u8}
 * [n, size, size, 3] and {@code wave.i16} [n, rate], one second of sound each. Clip i is called {@code
 * demo_<split>_<seed>_<i>_000000}: every scene is a video of its own. The arrays are mapped, not read; motion and truth
 * beside them are not looked at.
 */
public final class TrainingArrays implements TrainingClips {
    /** The file that says how large the arrays are. */
    public static final String SHAPE = "shape.json";

    private static final String FRAMES = "frames.u8";
    private static final String WAVES = "wave.i16";
    private static final long FINGERPRINT_BYTES = 1 << 20;
    private static final ValueLayout.OfShort SAMPLE =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final Path root;
    private final Arena arena;
    private final Shape shape;
    private final MemorySegment frames;
    private final MemorySegment waves;
    private final int[] kept;
    private final String sha256;

    private record Shape(int count, int size, int sampleRate, String split, long seed) {
        long frameBytes() {
            return 3L * size * size;
        }

        ClipName name(int index) {
            return new ClipName("demo_%s_%d_%06d".formatted(split, seed, index), 0);
        }
    }

    private TrainingArrays(Path root, Arena arena, Shape shape, Set<String> excluded) throws IOException {
        this.root = root;
        this.arena = arena;
        this.shape = shape;
        this.frames = map(root.resolve(FRAMES), shape.count * shape.frameBytes());
        this.waves = map(root.resolve(WAVES), 2L * shape.count * shape.sampleRate);
        this.kept = IntStream.range(0, shape.count)
                .filter(i -> !excluded.contains(shape.name(i).id()))
                .toArray();
        // Other scenes or sizes of the same numbers must not be taken for these, so the first frames count as well.
        byte[] first = frames.asSlice(0, Math.min(FINGERPRINT_BYTES, frames.byteSize()))
                .toArray(ValueLayout.JAVA_BYTE);
        List<ClipName> names = IntStream.of(kept).mapToObj(shape::name).toList();
        this.sha256 = Sha256.of(ClipList.text(names) + shape + Sha256.of(first));
    }

    private MemorySegment map(Path file, long expected) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            if (channel.size() != expected) {
                throw MediaException.of(
                        file.toString(), expected + " bytes by " + SHAPE, channel.size() + "", "make the arrays again");
            }
            return channel.map(FileChannel.MapMode.READ_ONLY, 0, expected, arena);
        }
    }

    /** Maps the arrays. */
    static TrainingArrays open(Path root, Set<String> excluded) {
        Arena arena = Arena.ofShared();
        try {
            TrainingArrays clips = new TrainingArrays(root, arena, shape(root.resolve(SHAPE)), excluded);
            if (clips.kept.length == 0) {
                throw MediaException.of(root.toString(), "at least one clip", "none", "check the list of exclusions");
            }
            return clips;
        } catch (IOException e) {
            arena.close();
            throw new UncheckedIOException(root + ": raw arrays cannot be read", e);
        } catch (RuntimeException e) {
            arena.close();
            throw e;
        }
    }

    private static Shape shape(Path file) throws IOException {
        JsonNode json = new ObjectMapper().readTree(Files.readString(file));
        Shape shape = new Shape(
                json.path("count").asInt(),
                json.path("size").asInt(),
                json.path("sampleRate").asInt(),
                json.path("split").asText(),
                json.path("seed").asLong());
        if (shape.count < 1 || shape.size < 1 || shape.sampleRate < 1 || !shape.split.matches("[a-z]{1,16}")) {
            throw MediaException.of(
                    file.toString(),
                    "positive count, size and sampleRate and a split",
                    shape.toString(),
                    "make it again");
        }
        return shape;
    }

    @Override
    public int size() {
        return kept.length;
    }

    @Override
    public ClipName name(int index) {
        return shape.name(kept[index]);
    }

    @Override
    public RgbImage picture(int index) {
        byte[] rgb = frames.asSlice(kept[index] * shape.frameBytes(), shape.frameBytes())
                .toArray(ValueLayout.JAVA_BYTE);
        return new RgbImage(shape.size, shape.size, rgb);
    }

    @Override
    public Waveform sound(int index) {
        float[] samples = new float[shape.sampleRate];
        long from = (long) kept[index] * samples.length;
        for (int i = 0; i < samples.length; i++) {
            samples[i] = waves.getAtIndex(SAMPLE, from + i) / 32768f;
        }
        return Waveform.mono(samples, shape.sampleRate).at(SAMPLE_RATE_HZ);
    }

    @Override
    public String sha256() {
        return sha256;
    }

    @Override
    public Path cacheFolder() {
        Path cache = root.resolve("cache");
        return kept.length == shape.count ? cache : cache.resolve("part-" + sha256.substring(0, 12));
    }

    @Override
    public List<String> notes() {
        return kept.length == shape.count
                ? List.of()
                : List.of("%d of %d clips left out: they are on the list of exclusions"
                        .formatted(shape.count - kept.length, shape.count));
    }

    @Override
    public void close() {
        if (arena.scope().isAlive()) {
            arena.close();
        }
    }
}
