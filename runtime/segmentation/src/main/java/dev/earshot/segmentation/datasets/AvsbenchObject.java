package dev.earshot.segmentation.datasets;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Reads AVSBench-object, S4 and MS3. */
final class AvsbenchObject {
    private static final int FRAMES = 5;
    private static final int NAME = 0;
    private static final int CATEGORY = 2; // AVSBench's loaders take these two by position, the split by name

    private AvsbenchObject() {}

    static MaskBenchmark s4(Path given, String split, Missing policy) {
        Path root = DataFolder.holding(given, "Single-source", "s4_meta_data.csv", BenchmarkKind.S4);
        Path data = root.resolve("s4_data");
        CsvTable table = CsvTable.withHeader(root.resolve("s4_meta_data.csv"));
        List<MaskClip> clips = new ArrayList<>();
        for (int row : rowsOf(table, split)) {
            String name = table.name(row, NAME);
            String category = table.name(row, CATEGORY);
            Path inner = Path.of(split, category);
            int masks = split.equals("train") ? 1 : FRAMES;
            clips.add(new MaskClip(
                    BenchmarkKind.S4,
                    split,
                    name,
                    category,
                    numbered(data.resolve("visual_frames").resolve(inner).resolve(name), name + "_", FRAMES),
                    data.resolve("audio_wav").resolve(inner).resolve(name + ".wav"),
                    numbered(data.resolve("gt_masks").resolve(inner).resolve(name), name + "_", masks)));
        }
        return benchmark(BenchmarkKind.S4, root, split, clips, policy);
    }

    static MaskBenchmark ms3(Path given, String split, Missing policy) {
        Path root = DataFolder.holding(given, "Multi-sources", "ms3_meta_data.csv", BenchmarkKind.MS3);
        Path data = root.resolve("ms3_data");
        CsvTable table = CsvTable.withHeader(root.resolve("ms3_meta_data.csv"));
        List<MaskClip> clips = new ArrayList<>();
        for (int row : rowsOf(table, split)) {
            String name = table.name(row, NAME);
            clips.add(new MaskClip(
                    BenchmarkKind.MS3,
                    split,
                    name,
                    "",
                    numbered(data.resolve("visual_frames").resolve(name), name + ".mp4_", FRAMES),
                    data.resolve(Path.of("audio_wav", split, name + ".wav")),
                    numbered(data.resolve(Path.of("gt_masks", split, name)), name + "_", FRAMES)));
        }
        return benchmark(BenchmarkKind.MS3, root, split, clips, policy);
    }

    /** The rows of a split, in the table's order; at least one. */
    static List<Integer> rowsOf(CsvTable table, String split) {
        int column = table.column("split");
        List<Integer> rows = new ArrayList<>();
        for (int row = 0; row < table.size(); row++) {
            if (table.get(row, column).equals(split)) {
                rows.add(row);
            }
        }
        if (rows.isEmpty()) {
            throw new IllegalArgumentException(
                    "%s: expected rows of the split %s, got none among %d rows".formatted(table, split, table.size()));
        }
        return rows;
    }

    private static List<Path> numbered(Path folder, String prefix, int count) {
        List<Path> files = new ArrayList<>();
        for (int k = 1; k <= count; k++) {
            files.add(folder.resolve(prefix + k + ".png"));
        }
        return files;
    }

    private static MaskBenchmark benchmark(
            BenchmarkKind kind, Path root, String split, List<MaskClip> clips, Missing policy) {
        DataFolder.Check check = new DataFolder.Check(kind, root);
        List<MaskClip> complete = clips.stream()
                .filter(clip -> check.complete(clip, clip.targetFiles()))
                .toList();
        boolean demo = Files.exists(root.resolve(Benchmarks.DEMO_MARKER));
        return new MaskBenchmark(new Benchmark.Source(kind, root, split, check.missing(policy), demo), complete);
    }
}
