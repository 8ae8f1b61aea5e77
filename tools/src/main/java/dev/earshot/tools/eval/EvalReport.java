package dev.earshot.tools.eval;

import dev.earshot.segmentation.BinaryMask;
import dev.earshot.segmentation.ClipFrame;
import dev.earshot.segmentation.datasets.Benchmark;
import dev.earshot.segmentation.datasets.BoxClip;
import dev.earshot.segmentation.datasets.EvaluationClip;
import dev.earshot.segmentation.metrics.Box;
import dev.earshot.segmentation.moca.SoundMap;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;

/** {@code report.html} of an evaluation: figures, tables, a histogram, and the best and worst clips as pictures. */
public final class EvalReport {
    /** Clips of each end that are shown. */
    private static final int SHOWN = 6;

    private final Benchmark benchmark;
    private final ClipLoader loader;
    private final Method method;
    private final Outcome outcome;

    public EvalReport(Benchmark benchmark, ClipLoader loader, Method method, Outcome outcome) {
        this.benchmark = benchmark;
        this.loader = loader;
        this.method = method;
        this.outcome = outcome;
    }

    /** Writes the page. */
    public void write(Path file, Figures figures, Map<String, String> scoring, MaskStore store, RunFacts run) {
        int clips = benchmark.clips().size();
        Page page = new Page(
                method.name() + " on " + benchmark.kind().title(),
                "%s split, %d clips, %d frames · %s"
                        .formatted(
                                benchmark.source().split(),
                                clips,
                                outcome.frames().size(),
                                run.date()));
        figures.cautions().forEach(page::caution);
        Map<String, String> large = new LinkedHashMap<>();
        outcome.headline().forEach((name, value) -> large.put(Figures.title(name), Figures.word(value)));
        page.figures(large);
        page.table(table(figures), 0);
        page.histogram(outcome.frames());
        List<Integer> order = IntStream.range(0, clips)
                .boxed()
                .sorted(Comparator.comparingDouble(outcome.scores()::get).reversed())
                .toList();
        int shown = Math.min(SHOWN, (clips + 1) / 2);
        page.heading("Best clips").legend().strips(strips(order.subList(0, shown), store));
        List<Integer> worst = order.subList(Math.max(shown, clips - SHOWN), clips);
        if (!worst.isEmpty()) {
            page.heading("Worst clips").strips(strips(worst.reversed(), store));
        }
        page.heading("By class").table(outcome.classes(), -1);
        page.heading("How this came about").details("Scoring", scoring);
        if (!run.settings().isEmpty()) {
            page.details("Settings of the method", run.settings());
        }
        page.details("Run", words(run));
        page.write(file, "Made by Earshot " + run.versions().getOrDefault("earshot", ""));
    }

    private static Table table(Figures figures) {
        List<String> headers = new ArrayList<>(List.of("method"));
        figures.columns().forEach(column -> headers.add(Figures.title(column)));
        headers.addAll(List.of("trained with masks", "source"));
        Table table = Table.of("Figures are fractions", headers.toArray(String[]::new));
        for (Figures.Row row : figures.rows()) {
            List<Object> cells = new ArrayList<>(List.of(row.method()));
            cells.addAll(row.values());
            cells.addAll(List.of(row.ours() ? "see weights" : row.supervised() ? "supervised" : "no", row.source()));
            table.add(cells.toArray());
        }
        return table;
    }

    private static Map<String, String> words(RunFacts run) {
        Map<String, String> words = new LinkedHashMap<>();
        words.put("command", run.command());
        words.put("device", run.device());
        words.put("weights", run.weightsNote());
        run.weights().forEach(file -> words.put(file.role(), file.file() + ", SHA-256 " + file.sha256()));
        words.put("time", String.format(Locale.ROOT, "%.1f s", run.seconds()));
        run.versions().forEach((name, version) -> words.put("version of " + name, version));
        return words;
    }

    private List<Strip> strips(List<Integer> clips, MaskStore store) {
        List<Strip> strips = new ArrayList<>();
        for (int i : clips) {
            EvaluationClip clip = benchmark.clips().get(i);
            LoadedClip loaded = loader.load(clip);
            String note = (clip.category().isEmpty() ? "" : clip.category() + " · ") + "IoU "
                    + Figures.word(outcome.scores().get(i));
            List<Strip.Row> rows = clip instanceof BoxClip box
                    ? rows(box, loaded)
                    : rows(loaded, store.read(loaded).orElseGet(() -> method.masks(loaded)));
            strips.add(new Strip(clip.id(), note, Strip.sound(loaded), rows));
        }
        return strips;
    }

    private static List<Strip.Row> rows(LoadedClip loaded, List<BinaryMask> ours) {
        List<Strip.Picture> frames = new ArrayList<>();
        List<Strip.Picture> truths = new ArrayList<>();
        List<Strip.Picture> masks = new ArrayList<>();
        List<Strip.Picture> overlays = new ArrayList<>();
        for (int k : Strip.moments(loaded.targets().size())) {
            ClipFrame frame = loaded.frames().get(k);
            BinaryMask truth = loaded.targets().get(k);
            String second = "second " + (k + 1);
            frames.add(Strip.frame(frame.image(), "Frame of " + second));
            truths.add(Strip.mask(truth, "Truth of " + second));
            masks.add(Strip.mask(ours.get(k), "Ours in " + second));
            overlays.add(Strip.overlay(frame.image(), truth, ours.get(k), "Truth and ours of " + second));
        }
        return List.of(
                new Strip.Row("Frame", frames),
                new Strip.Row("Truth", truths),
                new Strip.Row("Ours", masks),
                new Strip.Row("Overlay", overlays));
    }

    private List<Strip.Row> rows(BoxClip clip, LoadedClip loaded) {
        if (!(method instanceof Method.Moca moca)) {
            throw new IllegalStateException("boxes are scored against maps, which only moca makes here");
        }
        ClipFrame frame = loaded.frames().getFirst();
        SoundMap map = moca.segmenter().localise(frame);
        BinaryMask truth = Box.union(clip.boxes(), ResizeMode.SIDE);
        return List.of(new Strip.Row(
                "Frame, truth, map, outline",
                List.of(
                        Strip.frame(frame.image(), "Frame"),
                        Strip.mask(truth, "Boxes"),
                        Strip.map(map.cosines(), "Nearness to the sound"),
                        Strip.overlay(frame.image(), truth, map.outline().mask(), "Boxes and outline"))));
    }
}
