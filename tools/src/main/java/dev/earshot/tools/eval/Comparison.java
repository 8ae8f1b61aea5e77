package dev.earshot.tools.eval;

import dev.earshot.segmentation.BinaryMask;
import dev.earshot.segmentation.ClipFrame;
import dev.earshot.segmentation.datasets.Benchmark;
import dev.earshot.segmentation.datasets.EvaluationClip;
import dev.earshot.segmentation.moca.MaskProposals;
import dev.earshot.segmentation.moca.ProposalMatching;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntConsumer;

/**
 * Several methods on the clips of one benchmark, those whose masks can be matched also with the proposals of each source. A
 * clip is read once and each method's networks run once a frame: matching needs nothing but a mask and proposals, and those
 * are made once a frame, too, for frames that need them.
 */
public final class Comparison {
    /**
     * A method of the comparison.
     *
     * @param matched whether it is shown with matched masks, too
     */
    public record Entry(Method method, boolean matched) {}

    /**
     * A source of proposals.
     *
     * @param title what is added to a method's name where its masks are matched with these
     */
    public record Source(String title, MaskProposals proposals) {}

    /** What a method is called whose masks are matched with a source's proposals. */
    public static String matched(String method, String title) {
        return method + " + " + title;
    }

    private final Benchmark benchmark;
    private final Map<String, MaskScores> scores = new LinkedHashMap<>();
    private final List<Shown> shown = new ArrayList<>();

    /**
     * The masks of a clip that goes into the page.
     *
     * @param masks by method
     */
    private record Shown(LoadedClip clip, Map<String, List<BinaryMask>> masks) {}

    /**
     * Runs everything.
     *
     * @param videosPerBatch of the F-measure
     * @param show so many clips from the first on are kept for pictures
     */
    public Comparison(
            Benchmark benchmark,
            List<Entry> methods,
            List<Source> sources,
            int videosPerBatch,
            int show,
            IntConsumer progress) {
        this.benchmark = benchmark;
        ClipLoader loader = new ClipLoader(ResizeMode.SQUARE);
        for (EvaluationClip clip : benchmark.clips()) {
            LoadedClip loaded = loader.load(clip);
            Map<String, List<BinaryMask>> masks = masks(loaded, methods, sources);
            masks.forEach((name, each) -> scores.computeIfAbsent(name, n -> new MaskScores(videosPerBatch))
                    .add(loaded, each));
            if (shown.size() < show) {
                shown.add(new Shown(loaded, masks));
            }
            progress.accept(1);
        }
    }

    private static Map<String, List<BinaryMask>> masks(LoadedClip clip, List<Entry> methods, List<Source> sources) {
        Map<String, List<BinaryMask>> all = new LinkedHashMap<>();
        for (Entry entry : methods) {
            List<BinaryMask> raw = entry.method().masks(clip);
            String name = entry.method().name();
            all.put(name, raw);
            if (entry.matched()) {
                sources.forEach(source -> all.put(matched(name, source.title()), match(clip, raw, source.proposals())));
            }
        }
        return all;
    }

    private static List<BinaryMask> match(LoadedClip clip, List<BinaryMask> raw, MaskProposals proposals) {
        List<BinaryMask> matched = new ArrayList<>();
        for (int k = 0; k < raw.size(); k++) {
            BinaryMask mask = raw.get(k);
            matched.add(
                    mask.isEmpty()
                            ? mask
                            : ProposalMatching.DEFAULT.match(
                                    mask,
                                    List.of(),
                                    proposals.propose(clip.frames().get(k).image())));
        }
        return matched;
    }

    /** The benchmark. */
    public Benchmark benchmark() {
        return benchmark;
    }

    /** Outcomes by method, in the order of the methods, each followed by its matched forms. */
    public Map<String, Outcome> outcomes() {
        Map<String, Outcome> outcomes = new LinkedHashMap<>();
        scores.forEach((name, score) -> outcomes.put(name, score.outcome()));
        return outcomes;
    }

    /**
     * Mean difference of the clips' IoU between two methods, and its standard error.
     *
     * @param mean second minus first
     */
    public record Difference(double mean, double standardError) {}

    /** Compares two methods clip by clip. */
    public Difference difference(String first, String second) {
        List<Double> a = scores.get(first).outcome().scores();
        List<Double> b = scores.get(second).outcome().scores();
        int n = a.size();
        double mean = 0;
        for (int i = 0; i < n; i++) {
            mean += (b.get(i) - a.get(i)) / n;
        }
        double squares = 0;
        for (int i = 0; i < n; i++) {
            double away = b.get(i) - a.get(i) - mean;
            squares += away * away;
        }
        return new Difference(mean, n < 2 ? 0 : Math.sqrt(squares / (n - 1) / n));
    }

    /** The kept clips as pictures: frame, truth, and a row for each method, drawn on the frame. */
    List<Strip> strips() {
        List<Strip> strips = new ArrayList<>();
        for (Shown one : shown) {
            List<Integer> moments = Strip.moments(one.clip.targets().size());
            List<Strip.Picture> frames = new ArrayList<>();
            List<Strip.Picture> truths = new ArrayList<>();
            for (int k : moments) {
                frames.add(Strip.frame(one.clip.frames().get(k).image(), "Frame of second " + (k + 1)));
                truths.add(Strip.mask(one.clip.targets().get(k), "Truth of second " + (k + 1)));
            }
            List<Strip.Row> rows = new ArrayList<>();
            rows.add(new Strip.Row("Frame", frames));
            rows.add(new Strip.Row("Truth: what sounds", truths));
            one.masks.forEach((name, masks) -> {
                List<Strip.Picture> drawn = new ArrayList<>();
                for (int k : moments) {
                    ClipFrame frame = one.clip.frames().get(k);
                    String what = name + ", second " + (k + 1);
                    drawn.add(Strip.overlay(frame.image(), one.clip.targets().get(k), masks.get(k), what));
                }
                rows.add(new Strip.Row(name, drawn));
            });
            String category = one.clip.clip().category();
            String note = category.isEmpty() ? "several things sound in turn" : category + " sounds";
            strips.add(new Strip(one.clip.clip().id(), note, Strip.sound(one.clip), rows));
        }
        return strips;
    }
}
