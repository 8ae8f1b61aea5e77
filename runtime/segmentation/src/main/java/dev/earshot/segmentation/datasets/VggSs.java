package dev.earshot.segmentation.datasets;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.earshot.segmentation.metrics.Box;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads VGG-SS and its extension: {@code vggss.json} with the boxes, lists of clip names, {@code frames/<clip>.jpg} and
 * {@code audio/<clip>.wav}. The JSON and the lists may also lie in {@code metadata}, as in EZ-VSL's repository.
 */
final class VggSs {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String ANNOTATION = "vggss.json";
    private static final String SILENT = "vggss_test_plus_silent.csv";

    private VggSs() {}

    static BoxBenchmark open(Path root, String split, Missing policy) {
        return benchmark(BenchmarkKind.VGGSS, root, split, sounding(root, split, BenchmarkKind.VGGSS), policy);
    }

    static BoxBenchmark openExtended(Path root, String split, Missing policy) {
        if (!split.equals("test")) {
            throw new IllegalArgumentException("Extended VGG-SS split: expected test, got " + split);
        }
        List<BoxClip> clips = new ArrayList<>(sounding(root, split, BenchmarkKind.EXTENDED_VGGSS));
        CsvTable table = CsvTable.withHeader(find(root, SILENT, BenchmarkKind.EXTENDED_VGGSS));
        int video = table.column("video");
        int audio = table.column("audio");
        int label = table.column("label");
        for (int row = 0; row < table.size(); row++) {
            if (!table.get(row, label).equals(BoxClip.NON_SOUNDING)) {
                throw new IllegalArgumentException("%s: expected the label %s in %s, got %s"
                        .formatted(table, BoxClip.NON_SOUNDING, table.where(row), table.get(row, label)));
            }
            String picture = table.name(row, video);
            String sound = table.name(row, audio);
            clips.add(new BoxClip(
                    picture + "+" + sound, BoxClip.NON_SOUNDING, image(root, picture), audio(root, sound), List.of()));
        }
        return benchmark(BenchmarkKind.EXTENDED_VGGSS, root, split, clips, policy);
    }

    private static BoxBenchmark benchmark(
            BenchmarkKind kind, Path root, String split, List<BoxClip> clips, Missing policy) {
        DataFolder.Check check = new DataFolder.Check(kind, root);
        List<BoxClip> complete =
                clips.stream().filter(clip -> check.complete(clip, List.of())).toList();
        return new BoxBenchmark(new Benchmark.Source(kind, root, split, check.missing(policy), false), complete);
    }

    private static List<BoxClip> sounding(Path root, String split, BenchmarkKind kind) {
        String list = switch (split) {
            case "test" -> "vggss_test.csv";
            case "heard" -> "vggss_heard_test.csv";
            case "unheard" -> "vggss_unheard_test.csv";
            default ->
                throw new IllegalArgumentException("VGG-SS split: expected test, heard or unheard, got " + split);
        };
        Map<String, BoxClip> annotated = annotations(root, find(root, ANNOTATION, kind));
        CsvTable names = CsvTable.withoutHeader(find(root, list, kind));
        List<BoxClip> clips = new ArrayList<>();
        for (int row = 0; row < names.size(); row++) {
            String name = names.name(row, 0);
            BoxClip clip = annotated.get(name);
            if (clip == null) {
                throw new IllegalArgumentException("%s: expected clips that %s annotates, got %s in %s"
                        .formatted(names, ANNOTATION, name, names.where(row)));
            }
            clips.add(clip);
        }
        return clips;
    }

    private static Path find(Path root, String name, BenchmarkKind kind) {
        for (Path file : List.of(root.resolve(name), root.resolve("metadata").resolve(name))) {
            if (Files.isRegularFile(file)) {
                return file;
            }
        }
        throw new IllegalArgumentException(
                "%s: expected %s in %s or its folder metadata, got no such file — it comes with the EZ-VSL and SLAVC repositories"
                        .formatted(kind.title(), name, root));
    }

    private static Map<String, BoxClip> annotations(Path root, Path file) {
        JsonNode entries;
        try {
            entries = JSON.readTree(file.toFile());
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException(file + ": expected JSON, got " + e.getOriginalMessage(), e);
        } catch (IOException e) {
            throw new UncheckedIOException(file + ": cannot be read", e);
        }
        if (!entries.isArray()) {
            throw bad(file, 0, "an array of entries", entries.getNodeType());
        }
        Map<String, BoxClip> clips = new LinkedHashMap<>();
        for (int i = 0; i < entries.size(); i++) {
            JsonNode entry = entries.get(i);
            String name = entry.path("file").asText();
            if (!DataFolder.isPlainName(name)) {
                throw bad(file, i, "a clip name as \"file\"", entry.path("file"));
            }
            clips.put(
                    name,
                    new BoxClip(
                            name,
                            entry.path("class").asText(),
                            image(root, name),
                            audio(root, name),
                            boxes(file, i, entry.path("bbox"))));
        }
        return clips;
    }

    private static List<Box> boxes(Path file, int entry, JsonNode list) {
        if (!list.isArray()) {
            throw bad(file, entry, "a list of boxes as \"bbox\"", list);
        }
        List<Box> boxes = new ArrayList<>();
        for (JsonNode box : list) {
            boolean numbers = box.isArray() && box.size() == 4;
            for (JsonNode coordinate : box) {
                numbers &= coordinate.isNumber();
            }
            if (!numbers) {
                throw bad(file, entry, "boxes of four numbers", box);
            }
            boxes.add(new Box(
                    box.get(0).asDouble(),
                    box.get(1).asDouble(),
                    box.get(2).asDouble(),
                    box.get(3).asDouble()));
        }
        return boxes;
    }

    private static IllegalArgumentException bad(Path file, int entry, String expected, Object got) {
        return new IllegalArgumentException("%s, entry %d: expected %s, got %s".formatted(file, entry, expected, got));
    }

    private static Path image(Path root, String clip) {
        return root.resolve("frames").resolve(clip + ".jpg");
    }

    private static Path audio(Path root, String clip) {
        return root.resolve("audio").resolve(clip + ".wav");
    }
}
