package dev.earshot.tools;

import dev.earshot.segmentation.MediaException;
import dev.earshot.segmentation.image.ImageFiles;
import dev.earshot.segmentation.image.RgbImage;
import dev.earshot.segmentation.sam.AutomaticMaskGenerator;
import dev.earshot.segmentation.sam.GeneratorSettings;
import dev.earshot.segmentation.sam.MaskPrediction;
import dev.earshot.segmentation.sam.PredictionOptions;
import dev.earshot.segmentation.sam.SamPredictor;
import dev.earshot.tensor.Backend;
import dev.earshot.tools.sam.FoundMask;
import dev.earshot.tools.sam.PromptText;
import dev.earshot.tools.sam.SamFiles;
import dev.earshot.tools.segment.SamInUse;
import dev.earshot.tools.segment.WeightHashes;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code earshot sam}: Segment Anything on pictures. */
@Command(
        name = "sam",
        addMethodSubcommands = false, // looking for some loads every class that the methods name
        description = "Outlines objects in pictures with SAM or HQ-SAM: those at points or in boxes, or everything.",
        footer = {
            "",
            "Prompts are pixels of the picture and are asked of every picture. Each --points is one object, each box",
            "of --boxes is one; both may be repeated.",
            "Results of each picture, laid out as segment-anything's script does:",
            "  OUT/NAME/0.png ... and metadata.csv, or OUT/NAME.json; and OUT/NAME-overlay.png.",
            "Exit status: 0 all done, 1 a picture failed and the others were done,",
            "  2 wrong usage, 3 weights or device missing."
        },
        mixinStandardHelpOptions = true,
        sortOptions = false)
final class SamCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Parameters(arity = "1..*", paramLabel = "IMAGE", description = "PNG or JPEG files.")
    private List<Path> images;

    @Option(names = "--out", required = true, paramLabel = "DIR", description = "Folder for the results.")
    private Path out;

    @Option(
            names = "--points",
            paramLabel = "x,y[,label];...",
            description = "Points of one object: label 1 (default) on it, 0 off it.")
    private List<String> points = List.of();

    @Option(names = "--boxes", paramLabel = "x0,y0,x1,y1;...", description = "Boxes, each around one object.")
    private List<String> boxes = List.of();

    @Option(names = "--auto", description = "Everything in the picture, by a grid of points.")
    private boolean auto;

    @Option(
            names = "--multimask",
            description = "Three masks per prompt instead of one: whole, part, part of the part.")
    private boolean multimask;

    @Option(names = "--best", description = "Of those three the one that the network thinks best.")
    private boolean best;

    @Option(names = "--coco-rle", description = "One JSON file per picture, masks as COCO RLE, instead of PNG files.")
    private boolean cocoRle;

    @Option(names = "--no-overlay", description = "Leave out the coloured picture.")
    private boolean noOverlay;

    @Mixin
    private SamModelOptions model;

    @Option(names = "--json", description = "Print one JSON object per picture to the standard output.")
    private boolean json;

    @Option(names = "--quiet", description = "No progress and no messages but errors.")
    private boolean quiet;

    @ArgGroup(exclusive = false, heading = "%nThe mask generator (--auto):%n")
    private GeneratorOptions generator = new GeneratorOptions();

    private InputReport report;
    private PrintWriter stdout;
    private PrintWriter stderr;

    /** What is asked of each picture. */
    private interface Asker {
        List<FoundMask> ask(String name, RgbImage image);
    }

    @Override
    public Integer call() {
        stdout = spec.commandLine().getOut();
        stderr = spec.commandLine().getErr();
        report = new InputReport(spec.commandLine(), json, quiet);
        List<PromptText> prompts = prompts();
        GeneratorSettings settings = settings();
        WeightHashes hashes = new WeightHashes();
        try (Backend backend = model.openBackend();
                SamInUse sam = model.open(backend, hashes)) {
            if (!quiet) {
                Banner.print(stderr, backend.info());
                if (model.demo()) {
                    stderr.println(
                            "No --weights given: using SAM's demo weights, which know the demo world's objects only.");
                    stderr.flush();
                }
            }
            if (auto) {
                generate(backend, sam, settings);
            } else {
                predict(backend, sam, prompts);
            }
            return report.finish(images.size(), "pictures");
        }
    }

    private List<PromptText> prompts() {
        List<PromptText> prompts = new ArrayList<>();
        try {
            points.forEach(text -> prompts.add(PromptText.ofPoints(text)));
            boxes.forEach(text -> prompts.addAll(PromptText.ofBoxes(text)));
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), e.getMessage(), e);
        }
        if (auto == !prompts.isEmpty()) {
            throw new ParameterException(
                    spec.commandLine(),
                    "expected either --points and --boxes or --auto, got " + (auto ? "both" : "neither"));
        }
        if (multimask && best || auto && (multimask || best)) {
            throw new ParameterException(
                    spec.commandLine(), "--multimask and --best: expected one of them, and prompts, got more");
        }
        return prompts;
    }

    private GeneratorSettings settings() {
        try {
            return generator.settings(SamInUse.generator(model.demo()));
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), e.getMessage(), e);
        }
    }

    private void generate(Backend backend, SamInUse sam, GeneratorSettings settings) {
        try (AutomaticMaskGenerator masks = new AutomaticMaskGenerator(backend, sam.sam(), settings)) {
            each((name, image) -> {
                int total = masks.points(image.width(), image.height());
                try (Progress progress = Progress.of(name, total, "points", quiet, stderr)) {
                    int[] shown = {0};
                    return masks
                            .generate(image, asked -> {
                                progress.stepBy(asked - shown[0]);
                                shown[0] = asked;
                            })
                            .stream()
                            .map(FoundMask::of)
                            .toList();
                }
            });
        }
    }

    private void predict(Backend backend, SamInUse sam, List<PromptText> prompts) {
        PredictionOptions options =
                multimask ? PredictionOptions.MULTIPLE : best ? PredictionOptions.BEST : PredictionOptions.SINGLE;
        try (SamPredictor predictor = new SamPredictor(backend, sam.sam())) {
            each((name, image) -> {
                predictor.setImage(image);
                List<List<MaskPrediction>> answers = predictor.predict(
                        prompts.stream().map(PromptText::prompt).toList(), options);
                List<FoundMask> found = new ArrayList<>();
                for (int i = 0; i < answers.size(); i++) {
                    PromptText prompt = prompts.get(i);
                    answers.get(i).forEach(answer -> found.add(FoundMask.of(answer, prompt)));
                }
                return found;
            });
        }
    }

    /** Asks about every picture; a failure is reported and does not touch the others. */
    private void each(Asker asker) {
        for (Path path : images) {
            try {
                outline(path, asker);
            } catch (MediaException | IllegalArgumentException | UncheckedIOException e) {
                report.failed(path.toString(), String.valueOf(path.getFileName()), e);
            }
        }
    }

    private void outline(Path path, Asker asker) {
        long started = System.nanoTime();
        RgbImage image = ImageFiles.read(path);
        String name = report.unique(stem(path));
        List<FoundMask> masks = asker.ask(name, image);
        SamFiles files = new SamFiles(out, name);
        Path results = cocoRle ? files.writeJson(masks) : files.writeFolder(masks);
        Optional<Path> overlay = noOverlay ? Optional.empty() : Optional.of(files.writeOverlay(image, masks, !auto));
        done(path, image, masks.size(), results, overlay, System.nanoTime() - started);
    }

    private static String stem(Path path) {
        String name = String.valueOf(path.getFileName());
        int dot = name.lastIndexOf('.');
        return dot > 0 ? name.substring(0, dot) : name;
    }

    private void done(Path path, RgbImage image, int masks, Path results, Optional<Path> overlay, long nanos) {
        if (json) {
            Map<String, Object> line = new LinkedHashMap<>();
            line.put("input", path.toString());
            line.put("status", "ok");
            line.put("out", results.toString());
            overlay.ifPresent(file -> line.put("overlay", file.toString()));
            line.put("width", image.width());
            line.put("height", image.height());
            line.put("masks", masks);
            line.put("seconds", nanos / 1e9);
            report.print(line);
        } else if (!quiet) {
            stdout.println(String.format(Locale.ROOT, "%s: %d masks, %.1f s -> %s", path, masks, nanos / 1e9, results));
            stdout.flush();
        }
    }
}
