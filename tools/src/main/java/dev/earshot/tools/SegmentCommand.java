package dev.earshot.tools;

import dev.earshot.segmentation.Clip;
import dev.earshot.segmentation.ClipOptions;
import dev.earshot.segmentation.Masks;
import dev.earshot.segmentation.MediaException;
import dev.earshot.segmentation.SegmentedFrame;
import dev.earshot.segmentation.Segmenter;
import dev.earshot.segmentation.Utilisation;
import dev.earshot.tools.segment.ClipInput;
import dev.earshot.tools.segment.ClipResult;
import dev.earshot.tools.segment.ResultWriter;
import dev.earshot.tools.segment.RunInfo;
import dev.earshot.tools.segment.StageReport;
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
        addMethodSubcommands = false, // looking for some loads every class that the methods name
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
final class SegmentCommand implements Callable<Integer>, ResultWriter.Listener {
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

    @Option(
            names = "--timings",
            description = "Report how busy decoding, networks and writing were, for each input and for all.")
    private boolean timings;

    @Option(names = "--masks-only", description = "Leave out overlay.mp4 and contact.png.")
    private boolean masksOnly;

    @Mixin
    private MethodOptions settings;

    private InputReport report;
    private Optional<Utilisation> total = Optional.empty(); // of the clips so far
    private int clips;
    private PrintWriter stdout;
    private PrintWriter stderr;

    @Override
    public Integer call() {
        stdout = spec.commandLine().getOut();
        stderr = spec.commandLine().getErr();
        report = new InputReport(spec.commandLine(), json, quiet);
        ClipOptions options = clipOptions();
        MethodPlan plan = settings.plan(method, model.compute(), spec.commandLine());
        CompletableFuture<Clip> first = opened(inputs.getFirst(), options).thenApply(SegmentCommand::decodedEarly);
        try {
            return segmentAll(first, options, plan);
        } finally {
            first.thenAccept(Clip::discardEarly); // where the networks could not be loaded
        }
    }

    private static Clip decodedEarly(Clip clip) {
        clip.decodeEarly();
        return clip;
    }

    private int segmentAll(CompletableFuture<Clip> first, ClipOptions options, MethodPlan plan) {
        try (Networks networks = model.openNetworks(plan)) {
            Segmenter segmenter = networks.method().segmenter();
            RunInfo run = new RunInfo(
                    segmenter.method(),
                    segmenter.settings(),
                    networks.backend().info(),
                    networks.files().hashes(),
                    networks.files().note(),
                    Versions.all(),
                    framesPerSecond,
                    !masksOnly);
            banner(run, plan);
            segmentAll(segmenter, first, options, run);
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
        Banner.print(stderr, run.backend());
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

    /** A clip that is being decoded. */
    private record Started(Clip clip, Masks masks) {}

    /** Segments the inputs in order; the next one is being decoded, and the former one written, meanwhile. */
    private void segmentAll(Segmenter segmenter, CompletableFuture<Clip> first, ClipOptions options, RunInfo run) {
        long started = System.nanoTime();
        CompletableFuture<Started> next = started(segmenter, first);
        try (ResultWriter writer = new ResultWriter(this)) {
            for (int i = 0; i < inputs.size(); i++) {
                CompletableFuture<Started> clip = next;
                next = i + 1 < inputs.size() ? started(segmenter, opened(inputs.get(i + 1), options)) : clip;
                segment(clip, writer.job(inputs.get(i)), run);
            }
            writer.finish();
        } finally {
            next.handle((clip, failure) -> clip).join(); // the segmenter stops it when it is closed
        }
        summary(System.nanoTime() - started);
    }

    private static CompletableFuture<Started> started(Segmenter segmenter, CompletableFuture<Clip> opened) {
        return opened.thenApplyAsync(clip -> new Started(clip, segmenter.segment(clip)));
    }

    /** Segments one input; a failure is reported and does not touch the others. */
    private void segment(CompletableFuture<Started> started, ResultWriter.Job job, RunInfo run) {
        try {
            Started clip = join(started);
            try (Masks masks = clip.masks();
                    Progress progress =
                            Progress.of(clip.clip().name(), clip.clip().expectedFrames(), "frames", quiet, stderr)) {
                job.begin(out, report.unique(clip.clip().name()), clip.clip(), run);
                Iterator<SegmentedFrame> frames = masks.withFrames();
                while (frames.hasNext() && job.add(frames.next())) {
                    progress.stepBy(1);
                }
                job.finish(masks);
            }
        } catch (MediaException | IllegalArgumentException | UncheckedIOException e) {
            job.fail(e);
        }
    }

    /** Looks at a file beside other work: while the networks load, or while the input before it is segmented. */
    private CompletableFuture<Clip> opened(String input, ClipOptions options) {
        return CompletableFuture.supplyAsync(() -> new ClipInput(input, audio).open(options));
    }

    private static Started join(CompletableFuture<Started> opened) {
        try {
            return opened.join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof RuntimeException cause ? cause : e;
        }
    }

    @Override
    public void failed(String input, RuntimeException failure) {
        report.failed(input, input, failure);
    }

    @Override
    public void written(ClipResult result) {
        if (!quiet) {
            result.notes().forEach(note -> stderr.println("note: " + note));
        }
        total = total.isEmpty()
                ? Optional.of(result.stages())
                : total.map(sum -> sum.plus(result.stages(), sum.wallNanos()));
        clips++;
        double seconds = result.stages().wallNanos() / 1e9;
        if (timings) {
            stderr.println(StageReport.text(result.input(), result.stages()));
        }
        stderr.flush();
        if (json) {
            Map<String, Object> line = new LinkedHashMap<>();
            line.put("input", result.input());
            line.put("status", "ok");
            line.put("out", result.folder().toString());
            line.put("frames", result.frames());
            line.put("outlined", result.outlined());
            line.put("silent", result.silent());
            line.put("seconds", seconds);
            line.put("stages", StageReport.json(result.stages()));
            line.put("notes", result.notes());
            report.print(line);
        } else if (!quiet) {
            stdout.println(String.format(
                    Locale.ROOT,
                    "%s: %d of %d frames outlined, %d silent, %.1f s -> %s",
                    result.input(),
                    result.outlined(),
                    result.frames(),
                    result.silent(),
                    seconds,
                    result.folder()));
            stdout.flush();
        }
    }

    /** All clips together, whose stages overlap. */
    private void summary(long wallNanos) {
        if (!timings || clips < 2) {
            return;
        }
        Utilisation all = new Utilisation(
                total.orElseThrow().frames(), wallNanos, total.orElseThrow().stages());
        stderr.println(StageReport.text(clips + " clips", all));
        stderr.flush();
        if (json) {
            Map<String, Object> line = new LinkedHashMap<>();
            line.put("status", "summary");
            line.put("clips", clips);
            line.put("frames", all.frames());
            line.put("seconds", wallNanos / 1e9);
            line.put("stages", StageReport.json(all));
            report.print(line);
        }
    }
}
