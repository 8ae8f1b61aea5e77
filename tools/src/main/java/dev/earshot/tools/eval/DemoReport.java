package dev.earshot.tools.eval;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The page of {@code earshot demo}: methods side by side, and the first clips as pictures with their sound. */
public final class DemoReport {
    private DemoReport() {}

    /**
     * Writes the page.
     *
     * @param notes what a reader should know, line by line
     * @param settings of each method, by its name
     */
    public static void write(
            Path file,
            List<Comparison> comparisons,
            List<String> notes,
            Map<String, Map<String, String>> settings,
            RunFacts run) {
        Page page = new Page(
                "Earshot on the demo world",
                "Which of the things in the picture sounds? Synthetic clips that no network was trained on · "
                        + run.date());
        notes.forEach(page::caution);
        for (Comparison comparison : comparisons) {
            int clips = comparison.benchmark().clips().size();
            page.heading("%s-like: %d clips"
                    .formatted(comparison.benchmark().kind().label().toUpperCase(java.util.Locale.ROOT), clips));
            Table table = Table.of(
                    "Fractions; SE: standard error over clips; sounding: frames in which something sounds",
                    "method",
                    "mIoU",
                    "± SE",
                    "mIoU, sounding",
                    "F");
            comparison.outcomes().forEach((name, outcome) -> {
                List<Object> cells = cells(outcome);
                table.add(name, cells.get(0), cells.get(1), cells.get(2), cells.get(3));
            });
            page.table(table, -1);
            page.paragraph("The first clips, not the best ones:").legend().strips(comparison.strips());
        }
        Map<String, String> words = new LinkedHashMap<>();
        words.put("command", run.command());
        words.put("device", run.device());
        words.put("weights", run.weightsNote());
        run.weights().forEach(w -> words.put(w.role(), w.file() + ", SHA-256 " + w.sha256()));
        page.heading("How this came about").details("Run", words);
        settings.forEach((name, each) -> page.details("Settings of " + name, each));
        page.write(file, "Made by Earshot " + run.versions().getOrDefault("earshot", ""));
    }

    private static List<Object> cells(Outcome outcome) {
        Map<String, Object> more = outcome.more();
        List<Double> headline = List.copyOf(outcome.headline().values());
        return List.of(
                headline.get(0), more.get("miouStandardError"), more.get("miouOfSoundingFrames"), headline.get(1));
    }
}
