package dev.earshot.tools.demoworld;

import java.nio.file.Path;
import java.util.List;

/** Where the files of one AVSBench part lie, and which scenes fill it. */
sealed interface ClipLayout permits SingleSourceLayout, MultiSourceLayout, SemanticLayout {
    /** Number of the subset of the split whose seeds this layout uses. */
    int subset();

    /** Draws the scene of the clip with the given index. */
    Scene scene(SceneMaker maker, int index, WorldRandom random);

    /** Folder below the output folder. */
    String root();

    /**
     * Writes all files of a clip but the tables.
     *
     * @param video makes the mp4, or null for none
     */
    void write(Path root, DemoClip clip, int index, VideoEncoder video);

    /** Writes or extends the tables after all clips of a run. */
    void writeTables(Path root, List<DemoClip> clips);
}
