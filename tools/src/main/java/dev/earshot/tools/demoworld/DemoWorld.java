package dev.earshot.tools.demoworld;

import java.nio.file.Path;
import java.util.List;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;

/** Makes the clips of one split, several at a time. */
public final class DemoWorld {
    /** Folder layouts of AVSBench's three parts. */
    public enum Layout {
        /** Single source: one object sounds. */
        S4(new SingleSourceLayout()),
        /** Multiple sources: several sound in turn, with silent seconds. */
        MS3(new MultiSourceLayout()),
        /** With class labels. */
        AVSS(new SemanticLayout());

        private final ClipLayout files;

        Layout(ClipLayout files) {
            this.files = files;
        }
    }

    /** Most clips of one layout, split and seed. */
    public static final int MAX_CLIPS = 1 << 28;

    private final Split split;
    private final long seed;
    private final int size;
    private final VideoEncoder video; // null: no mp4 files
    private final SceneMaker maker;

    /**
     * A world of square frames.
     *
     * @param split part of the world
     * @param seed the user's seed, 0 .. 2^32 - 1
     * @param size frame side in pixels, at least 64
     * @param videos whether to make mp4 files
     */
    public DemoWorld(Split split, long seed, int size, boolean videos) {
        this(split, seed, size, videos ? new Mp4Encoder() : null);
    }

    DemoWorld(Split split, long seed, int size, VideoEncoder video) {
        this.split = split;
        this.seed = seed;
        this.size = size;
        this.video = video;
        this.maker = new SceneMaker(size);
    }

    /** The clip with the given index; the same for the same split, layout, seed, index and size. */
    DemoClip clip(Layout layout, int index) {
        WorldRandom random = new ClipSeed(split, layout.files.subset(), seed, index).random();
        Scene scene = layout.files.scene(maker, index, random);
        return new DemoClip("demo_%s_%d_%06d".formatted(split.folder(), seed, index), split, scene);
    }

    /** Writes clips 0 .. count-1 of a layout below {@code out}; calls {@code progress} after every clip. */
    public void write(Layout layout, int count, Path out, IntConsumer progress) {
        Path root = out.resolve(layout.files.root());
        List<DemoClip> clips = IntStream.range(0, count)
                .parallel()
                .mapToObj(index -> {
                    DemoClip clip = clip(layout, index);
                    layout.files.write(root, clip, index, video);
                    progress.accept(1);
                    return clip;
                })
                .toList();
        layout.files.writeTables(root, clips);
        ClipTable.merge(
                root.resolve("demo_world.csv"),
                "name,second,heard,seen",
                clips.stream().flatMap(c -> c.truthRows().stream()).toList());
    }

    /**
     * Writes raw arrays of single frames and seconds, see {@link TrainingExport}.
     *
     * @param scenes {@code mix} for the training mixture, {@code s4} or {@code ms3} for the scenes of that layout
     * @param truth whether the training split gets masks, too; the other splits always have them
     */
    public void writeTrainingArrays(String scenes, boolean truth, int count, Path out, IntConsumer progress) {
        SceneKind kind = switch (scenes) {
            case "mix" -> null;
            case "s4" -> SceneKind.S4;
            case "ms3" -> SceneKind.MS3;
            default -> throw new IllegalArgumentException("scenes: expected mix, s4 or ms3, got " + scenes);
        };
        new TrainingExport(split, seed, size, truth).write(out, kind, count, progress);
    }
}
