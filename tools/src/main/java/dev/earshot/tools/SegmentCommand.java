package dev.earshot.tools;

import dev.earshot.segmentation.Clip;
import dev.earshot.segmentation.ClipOptions;
import dev.earshot.segmentation.Masks;
import dev.earshot.segmentation.MediaException;
import dev.earshot.segmentation.SegmentedFrame;
import dev.earshot.segmentation.Segmenter;
import dev.earshot.tensor.Backend;
import dev.earshot.tools.segment.ClipInput;
import dev.earshot.tools.segment.ClipWriter;
import dev.earshot.tools.segment.ResultFolder;
import dev.earshot.tools.segment.RunInfo;
import dev.earshot.tools.segment.WeightsInUse;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code earshot segment}: outlines what can be heard in videos, frame folders and pictures. */
@Command(
        name = "segment",
        description = "Outlines what can be heard in videos, folders of frames, or pictures with a sound.",
        footer = {
            "",
            "Inputs:",
            "  a video (mp4, m4v, mov, mkv, webm, avi);",
            "  a folder of frames, with one WAV file in it or FOLDER.wav beside it;",
            "  a picture, with a WAV file of the same name beside it;",
            "  PICTURE+SOUND.wav or FOLDER+SOUND.wav.",
            "Results of each input:",
            "  OUT/NAME/ with masks/*.png, result.json, overlay.mp4, contact.png.",
            "Exit status: 0 all done, 1 an input failed and the others were done,",
            "  2 wrong usage, 3 weights or device missing."
        },
        mixinStandardHelpOptions = true,
        sortOptions = false)
final class SegmentCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Parameters(arity = "1..*", paramLabel = "INPUT", description = "What to segment, see below.")
    private List<String> inputs;

    @Option(names = "--out", required = true, paramLabel = "DIR", description = "Folder for the results.")
    private Path out;

    @Option(
            names = "--method",
            defaultValue = "moca",
            paramLabel = "NAME",
            description = "moca (default), or sam-bind: object proposals that fit the sound.")
    private SegmentationMethod method;

    @Option(names = "--fps", defaultValue = "1", paramLabel = "N", description = "Frames per second; 1 by default.")
    private double framesPerSecond;

    @Option(
            names = "--audio",
            paramLabel = "WAV",
            description = "Sound for inputs that are a picture or a folder of frames.")
    private Optional<Path> audio;

    @Mixin
    private ModelOptions model;

    @Option(names = "--json", description = "Print one JSON object per input to the standard output.")
    private boolean json;

    @Option(names = "--quiet", description = "No progress and no messages but errors.")
    private boolean quiet;

    @Option(names = "--masks-only", description = "Leave out overlay.mp4 and contact.png.")
    private boolean masksOnly;

    @Mixin
    private MethodOptions settings;

    private InputReport report;
    private PrintWriter stdout;
    private PrintWriter stderr;

    @Override
    public Integer call() {
        stdout = spec.commandLine().getOut();
        stderr = spec.commandLine().getErr();
        report = new InputReport(spec.commandLine(), json, quiet);
        ClipOptions options = clipOptions();
        MethodPlan plan = settings.plan(method, model.compute(), spec.commandLine());
        CompletableFuture<Clip> first = opened(inputs.getFirst(), options);
        try (Backend backend = model.openBackend();
                WeightsInUse files = model.openWeights();
                MethodPlan.Opened opened = plan.open(backend, files)) {
            Segmenter segmenter = opened.segmenter();
            RunInfo run = new RunInfo(
                    segmenter.method(),
                    segmenter.settings(),
                    backend.info(),
                    files.hashes(),
                    files.note(),
                    Versions.all(),
                    framesPerSecond,
                    !masksOnly);
            banner(run, plan);
            CompletableFuture<Clip> next = first;
            for (int i = 0; i < inputs.size(); i++) {
                CompletableFuture<Clip> clip = next;
                next = i + 1 < inputs.size() ? opened(inputs.get(i + 1), options) : clip;
                segment(segmenter, inputs.get(i), clip, run);
            }
            return report.finish(inputs.size(), "inputs");
        }
    }

    private ClipOptions clipOptions() {
        try {
            return ClipOptions.DEFAULT.withFramesPerSecond(framesPerSecond);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), "--fps: " + e.getMessage(), e);
        }
    }

    private void banner(RunInfo run, MethodPlan plan) {
        if (quiet) {
            return;
        }
        stderr.println("earshot %s on %s (%s), %s"
                .formatted(
                        run.versions().get("earshot"),
                        run.backend().name(),
                        run.backend().device(),
                        String.join(", ", run.backend().libraries())));
        if (model.demo()) {
            stderr.println("No --weights given: using the demo weights, which know the shapes and sounds of the demo "
                    + "world only.");
        }
        if (plan.demoSam()) {
            stderr.println(
                    "No --sam-weights given: using SAM's demo weights, which know the demo world's objects only.");
        }
        stderr.flush();
    }

    /** Segments one input; a failure is reported and does not touch the others. */
    private void segment(Segmenter segmenter, String input, CompletableFuture<Clip> opened, RunInfo run) {
        try {
            Clip clip = join(opened);
            try (ResultFolder folder = new ResultFolder(out, report.unique(clip.name()))) {
                long started = System.nanoTime();
                ClipWriter writer = new ClipWriter(folder.path(), input, clip, run);
                List<String> notes;
                try (writer) {
                    notes = segment(segmenter, clip, writer);
                    writer.finish(notes);
                }
                folder.publish();
                done(input, folder.target(), writer, notes, System.nanoTime() - started);
            }
        } catch (MediaException | IllegalArgumentException | UncheckedIOException e) {
            report.failed(input, input, e);
        }
    }

    /** Looks at a file beside other work: while the networks load, or while the input before it is segmented. */
    private CompletableFuture<Clip> opened(String input, ClipOptions options) {
        return CompletableFuture.supplyAsync(() -> new ClipInput(input, audio).open(options));
    }

    private static Clip join(CompletableFuture<Clip> opened) {
        try {
            return opened.join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof RuntimeException cause ? cause : e;
        }
    }

    private List<String> segment(Segmenter segmenter, Clip clip, ClipWriter writer) {
        try (Masks masks = segmenter.segment(clip);
                Progress progress = Progress.of(clip.name(), clip.expectedFrames(), "frames", quiet, stderr)) {
            Iterator<SegmentedFrame> frames = masks.withFrames();
            while (frames.hasNext()) {
                writer.add(frames.next());
                progress.stepBy(1);
            }
            return masks.notes();
        }
    }

    private void done(String input, Path target, ClipWriter writer, List<String> notes, long nanos) {
        if (!quiet) {
            notes.forEach(note -> stderr.println("note: " + note));
        }
        if (json) {
            Map<String, Object> line = new LinkedHashMap<>();
            line.put("input", input);
            line.put("status", "ok");
            line.put("out", target.toString());
            line.put("frames", writer.frames());
            line.put("outlined", writer.outlined());
            line.put("silent", writer.silent());
            line.put("seconds", nanos / 1e9);
            line.put("notes", notes);
            report.print(line);
        } else if (!quiet) {
            stdout.println(String.format(
                    Locale.ROOT,
                    "%s: %d of %d frames outlined, %d silent, %.1f s -> %s",
                    input,
                    writer.outlined(),
                    writer.frames(),
                    writer.silent(),
                    nanos / 1e9,
                    target));
            stdout.flush();
        }
    }
}
