package dev.earshot.tools;

import dev.earshot.tools.demoworld.DemoWorld;
import dev.earshot.tools.demoworld.Split;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code earshot demo-world}: makes synthetic audio-visual clips with exact masks in AVSBench's layouts. */
@Command(
        name = "demo-world",
        description = "Makes synthetic audio-visual clips with exact masks, in the folder layouts of AVSBench.",
        mixinStandardHelpOptions = true)
final class DemoWorldCommand implements Callable<Integer> {
    /** What the folders look like. */
    enum Form {
        S4,
        MS3,
        AVSS,
        TRAINING
    }

    @Spec
    private CommandSpec spec;

    @Option(
            names = "--split",
            required = true,
            paramLabel = "SPLIT",
            description = "train, val or test. No clip of one split can be a clip of another, whatever the seeds.")
    private Split split;

    @Option(names = "--clips", required = true, paramLabel = "N", description = "Clips of each layout.")
    private int clips;

    @Option(names = "--seed", defaultValue = "0", paramLabel = "S", description = "0 .. 2^32-1; 0 by default.")
    private long seed;

    @Option(names = "--out", required = true, paramLabel = "DIR", description = "Output folder.")
    private Path out;

    @Option(
            names = "--layout",
            split = ",",
            defaultValue = "s4,ms3,avss",
            paramLabel = "LAYOUT",
            description = "s4, ms3, avss, or training (raw arrays for training scripts); all but the last by default.")
    private List<Form> layouts;

    @Option(
            names = "--scenes",
            paramLabel = "KIND",
            description = "For --layout training: mix (default), s4 or ms3.",
            defaultValue = "mix")
    private String scenes;

    @Option(
            names = "--truth",
            description = "For --layout training --split train: write masks, too (val and test always have them). The"
                    + " audio-visual demo weights are trained without.")
    private boolean truth;

    @Option(
            names = "--size",
            defaultValue = "224",
            paramLabel = "PIXELS",
            description = "Frame width and height; 224 by default, which is also what is evaluated on.")
    private int size;

    @Option(names = "--no-video", description = "Frames, masks and sound only: no mp4 files.")
    private boolean noVideo;

    @Override
    public Integer call() {
        if (clips < 1 || clips > DemoWorld.MAX_CLIPS) {
            throw new ParameterException(
                    spec.commandLine(), "--clips: expected 1 to " + DemoWorld.MAX_CLIPS + ", got " + clips);
        }
        if (seed < 0 || seed >= 1L << 32) {
            throw new ParameterException(spec.commandLine(), "--seed: expected 0 to 4294967295, got " + seed);
        }
        DemoWorld world = new DemoWorld(split, seed, size, !noVideo);
        for (Form form : layouts) {
            try (Progress progress = progress(form)) {
                switch (form) {
                    case S4 -> world.write(DemoWorld.Layout.S4, clips, out, progress::stepBy);
                    case MS3 -> world.write(DemoWorld.Layout.MS3, clips, out, progress::stepBy);
                    case AVSS -> world.write(DemoWorld.Layout.AVSS, clips, out, progress::stepBy);
                    case TRAINING -> world.writeTrainingArrays(scenes, truth, clips, out, progress::stepBy);
                }
            }
        }
        return ExitCodes.OK;
    }

    private Progress progress(Form form) {
        String task = "%s %s".formatted(split, form).toLowerCase(Locale.ROOT);
        return Progress.of(task, clips, "clips", false, spec.commandLine().getErr());
    }
}
