package dev.earshot.segmentation.datasets;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Reads AVSBench-semantic. */
final class AvsbenchSemantic {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int SHORT = 5;

    private AvsbenchSemantic() {}

    static LabelBenchmark open(Path given, String split, Missing policy) {
        Path root = DataFolder.holding(given, "AVSBench-semantic", "metadata.csv", BenchmarkKind.AVSS);
        ClassTable classes = classes(root.resolve("label2idx.json"));
        CsvTable table = CsvTable.withHeader(root.resolve("metadata.csv"));
        int uid = table.column("uid");
        int label = table.column("label");
        List<LabelClip> clips = new ArrayList<>();
        for (int row : AvsbenchObject.rowsOf(table, split)) {
            String subset = table.get(row, label);
            int frames = frames(table, row, subset);
            int masks = subset.equals("v1s") && split.equals("train") ? 1 : frames;
            Path folder = root.resolve(subset).resolve(table.name(row, uid));
            clips.add(new LabelClip(
                    table.name(row, uid),
                    subset,
                    numbered(folder.resolve("frames"), ".jpg", frames),
                    folder.resolve("audio.wav"),
                    numbered(folder.resolve("labels_rgb"), ".png", masks),
                    classes));
        }
        DataFolder.Check check = new DataFolder.Check(BenchmarkKind.AVSS, root);
        List<LabelClip> complete = clips.stream()
                .filter(clip -> check.complete(clip, clip.targetFiles()))
                .toList();
        boolean demo = classes.equals(ClassTable.DEMO_WORLD) || Files.exists(root.resolve(Benchmarks.DEMO_MARKER));
        return new LabelBenchmark(
                new Benchmark.Source(BenchmarkKind.AVSS, root, split, check.missing(policy), demo), classes, complete);
    }

    private static int frames(CsvTable table, int row, String subset) {
        return switch (subset) {
            case "v1s", "v1m" -> SHORT;
            case "v2" -> LabelClip.PADDED_FRAMES;
            default ->
                throw new IllegalArgumentException("%s: expected the label v1s, v1m or v2 in %s, got %s"
                        .formatted(table, table.where(row), subset));
        };
    }

    private static List<Path> numbered(Path folder, String extension, int count) {
        List<Path> files = new ArrayList<>();
        for (int k = 0; k < count; k++) { // from 0 here, from 1 in AVSBench-object
            files.add(folder.resolve(k + extension));
        }
        return files;
    }

    /** The class table of a label2idx.json, which must be the published one or the demo world's. */
    private static ClassTable classes(Path file) {
        if (!Files.isRegularFile(file)) {
            throw new IllegalArgumentException(
                    "%s: expected the class table at %s, got no such file — it comes with the data set"
                            .formatted(BenchmarkKind.AVSS.title(), file));
        }
        Map<String, Integer> numbers = read(file);
        for (ClassTable known : List.of(ClassTable.AVSBENCH_SEMANTIC, ClassTable.DEMO_WORLD)) {
            if (known.matches(numbers)) {
                return known;
            }
        }
        throw new IllegalArgumentException(
                "%s: expected the %d classes of AVSBench-semantic in their order (0 background … 70 woman), got %d entries with another numbering — figures would be wrong without a sign of it; restore the published file"
                        .formatted(file, ClassTable.AVSBENCH_SEMANTIC.size(), numbers.size()));
    }

    private static Map<String, Integer> read(Path file) {
        try {
            Map<String, Integer> numbers = JSON.readValue(file.toFile(), new TypeReference<>() {});
            return numbers == null ? Map.of() : numbers;
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException(
                    file + ": expected an object of class numbers, got " + e.getOriginalMessage(), e);
        } catch (IOException e) {
            throw new UncheckedIOException(file + ": cannot be read", e);
        }
    }
}
