package dev.earshot.tools.demoworld;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * AVSBench-semantic: one folder per clip in {@code v1s} (one source, 5 s), {@code v1m} (several, 5 s) or {@code v2}
 * (several, 10 s), which take turns, and label maps in palette colours. The class table is the demo world's own.
 */
record SemanticLayout() implements ClipLayout {
    private static final List<String> SUBSETS = List.of("v1s", "v1m", "v2");

    @Override
    public int subset() {
        return 2;
    }

    @Override
    public Scene scene(SceneMaker maker, int index, WorldRandom random) {
        return switch (index % 3) {
            case 0 -> maker.make(SceneKind.S4, 5, random);
            case 1 -> maker.make(SceneKind.MS3, 5, random);
            default -> maker.make(SceneKind.MS3, 10, random);
        };
    }

    @Override
    public String root() {
        return "AVSBench-semantic";
    }

    @Override
    public void write(Path root, DemoClip clip, int index, VideoEncoder video) {
        Path folder = root.resolve(SUBSETS.get(index % 3)).resolve(clip.name());
        boolean firstMaskOnly = index % 3 == 0 && clip.split() == Split.TRAIN;
        for (int s = 0; s < clip.seconds(); s++) {
            SceneRenderer.Frame frame = clip.frameOfSecond(s);
            ClipFiles.writeRgb(folder.resolve(Path.of("frames", s + ".jpg")), frame.rgb(), clip.size());
            if (s == 0 || !firstMaskOnly) {
                ClipFiles.writeRgb(
                        folder.resolve(Path.of("labels_rgb", s + ".png")),
                        colours(clip.soundingClasses(frame, s)),
                        clip.size());
            }
        }
        ClipFiles.writeWav(folder.resolve("audio.wav"), clip.wave());
        if (video != null) {
            video.encode(clip, folder.resolve("video.mp4"));
        }
    }

    @Override
    public void writeTables(Path root, List<DemoClip> clips) {
        ClipTable.merge(
                root.resolve("metadata.csv"),
                "uid,label,split,a_obj",
                clips.stream()
                        .map(c -> c.name() + "," + subsetOf(c) + "," + c.split().folder() + "," + c.category())
                        .toList());
        StringBuilder labels = new StringBuilder("{\"background\": 0");
        for (ObjectClass kind : ObjectClass.values()) {
            labels.append(", \"").append(kind.label()).append("\": ").append(kind.ordinal() + 1);
        }
        try {
            Files.writeString(root.resolve("label2idx.json"), labels.append("}\n"));
        } catch (IOException e) {
            throw new UncheckedIOException("demo world: cannot write " + root.resolve("label2idx.json"), e);
        }
    }

    private static String subsetOf(DemoClip clip) {
        return clip.scene().kind() == SceneKind.S4 ? "v1s" : clip.seconds() == 5 ? "v1m" : "v2";
    }

    /** Class numbers to palette colours, [size, size, 3]. */
    static byte[] colours(byte[] classes) {
        byte[] rgb = new byte[3 * classes.length];
        for (int i = 0; i < classes.length; i++) {
            int colour = paletteColour(classes[i]);
            rgb[3 * i] = (byte) (colour >> 16);
            rgb[3 * i + 1] = (byte) (colour >> 8);
            rgb[3 * i + 2] = (byte) colour;
        }
        return rgb;
    }

    /** The palette of AVSBench-semantic (that of PASCAL VOC): the bits of the class go to the high bits of r, g, b. */
    static int paletteColour(int classNumber) {
        int colour = 0;
        int rest = classNumber;
        for (int shift = 7; rest > 0; shift--, rest >>= 3) {
            colour |= (rest & 1) << shift + 16 | (rest >> 1 & 1) << shift + 8 | (rest >> 2 & 1) << shift;
        }
        return colour;
    }
}
