package dev.earshot.bench.suite;

import dev.earshot.bench.result.Card;
import dev.earshot.bench.result.Figure;
import dev.earshot.bench.result.Figure.Better;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Two runs on one machine, our own figures only, those of a card only if it is the same one. A loss is a figure that is worse by more than five percent; it counts as
 * beyond the noise if the two ranges of noise do not touch.
 */
final class Comparison {
    /** Largest accepted loss, as a share of the earlier value. */
    static final double TOLERATED = 0.05;

    private final ResultFile before;
    private final ResultFile now;
    private final List<Loss> losses = new ArrayList<>();
    private final List<String> missing = new ArrayList<>();
    private final boolean otherCard;

    /**
     * A figure that became worse.
     *
     * @param share of the earlier value: 0.1 is ten percent worse
     * @param beyondNoise true if even the good end of the new range is worse than the bad end of the old
     */
    record Loss(Figure before, Figure now, double share, boolean beyondNoise) {}

    Comparison(ResultFile before, ResultFile now) {
        this.before = before;
        this.now = now;
        if (!before.machine().name().equals(now.machine().name())) {
            throw new IllegalArgumentException(
                    "--compare: expected results of %s, got those of %s — name another folder"
                            .formatted(now.machine().name(), before.machine().name()));
        }
        otherCard = !name(before.card()).equals(name(now.card()));
        Map<String, Figure> later = ours(now);
        ours(before).forEach((key, old) -> {
            Figure fresh = later.get(key);
            if (fresh == null) {
                missing.add(key);
            } else if (old.better() != Better.NEITHER) {
                compare(old, fresh);
            }
        });
    }

    /** What stays the same from run to run: {@code cuda:0: NVIDIA H200}, without libraries and memory in use. */
    private static String name(String card) {
        return card.split(",", 2)[0];
    }

    private Map<String, Figure> ours(ResultFile run) {
        return run.results().stream()
                .filter(Result::isOurs)
                .filter(result -> !result.figure().group().startsWith(Card.SIMULATED))
                .filter(result -> !otherCard || !result.figure().group().startsWith(Card.PREFIX))
                .collect(Collectors.toMap(Result::key, Result::figure, (first, _) -> first, LinkedHashMap::new));
    }

    private void compare(Figure old, Figure fresh) {
        if (!Double.isFinite(fresh.value())) {
            losses.add(new Loss(old, fresh, Double.NaN, true)); // a figure that is no number hides whatever happened
            return;
        }
        if (!Double.isFinite(old.value())) {
            return;
        }
        boolean lower = old.better() == Better.LOWER;
        double share = (lower ? fresh.value() - old.value() : old.value() - fresh.value()) / Math.abs(old.value());
        if (share > TOLERATED) {
            boolean beyond = lower ? fresh.low() > old.high() : fresh.high() < old.low();
            losses.add(new Loss(old, fresh, share, beyond));
        }
    }

    List<Loss> losses() {
        return losses;
    }

    /** Keys of figures that the earlier run has and this one lacks. */
    List<String> missing() {
        return missing;
    }

    /** True if something is worse beyond the noise of both runs. */
    boolean failed() {
        return losses.stream().anyMatch(Loss::beyondNoise);
    }

    /** A section of Markdown, which reads well on a terminal too. */
    String text() {
        StringBuilder text = new StringBuilder("## Compared with %s, commit %s\n\n"
                .formatted(before.machine().date(), before.machine().commit()));
        if (before.quick() || now.quick()) {
            text.append("One of the two is a quick run, whose figures mean little.\n\n");
        }
        if (otherCard) {
            text.append("Figures of a card are left out: before %s, now %s.\n\n"
                    .formatted(orNone(before.card()), orNone(now.card())));
        }
        if (losses.isEmpty()) {
            text.append("Nothing is more than 5 % worse.\n");
        } else {
            text.append("| figure | before | now | worse by | |\n|---|---:|---:|---:|---|\n");
            losses.forEach(loss -> text.append(row(loss)));
        }
        if (!missing.isEmpty()) {
            text.append("\nNot measured this time: %s.\n".formatted(String.join("; ", missing)));
        }
        return text.append('\n').toString();
    }

    private static String orNone(String card) {
        return card.isEmpty() ? "none" : name(card);
    }

    private static String row(Loss loss) {
        String worse = Double.isNaN(loss.share()) ? "" : String.format(Locale.ROOT, "%.0f %%", 100 * loss.share());
        return "| %s: %s | %s | %s | %s | %s |\n"
                .formatted(
                        loss.now().group(),
                        loss.now().name().replace("|", "/"),
                        value(loss.before()),
                        value(loss.now()),
                        worse,
                        loss.beyondNoise() ? "**beyond the noise**" : "within the noise");
    }

    private static String value(Figure figure) {
        return "%s %s (%s–%s)"
                .formatted(
                        Numbers.of(figure.value()), figure.unit(), Numbers.of(figure.low()), Numbers.of(figure.high()));
    }
}
