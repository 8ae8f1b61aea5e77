package dev.earshot.bench.suite;

import dev.earshot.bench.result.Card;
import dev.earshot.bench.result.Figure;
import dev.earshot.bench.result.Figure.Better;
import dev.earshot.bench.result.Machine;
import dev.earshot.bench.result.Series;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** The page about one run, in Markdown. */
final class Page {
    private final ResultFile run;
    private final StringBuilder text = new StringBuilder();

    private Page(ResultFile run) {
        this.run = run;
    }

    /** @param plots file names and what they show, in order */
    static String of(ResultFile run, Map<String, String> plots) {
        Page page = new Page(run);
        page.head();
        page.aims();
        plots.forEach((file, words) -> page.line("![%s](%s)\n".formatted(words, file)));
        page.notMeasured();
        page.chapters();
        page.series();
        return page.text.toString();
    }

    private void line(String words) {
        text.append(words).append('\n');
    }

    private void head() {
        Machine m = run.machine();
        line("# Measured on %s, %s\n"
                .formatted(m.name(), m.date().substring(0, Math.min(10, m.date().length()))));
        String quick = run.outcomes().stream()
                .filter(Outcome::isQuick)
                .map(Outcome::step)
                .collect(Collectors.joining(", "));
        if (!quick.isEmpty()) {
            line("**Run with few repeats, so that these figures mean less: %s.**\n".formatted(quick));
        }
        boolean simulated = run.results().stream()
                .anyMatch(result -> result.figure().group().startsWith(Card.SIMULATED));
        if (simulated) {
            line("**The card is simulated by a program on the processor: chapters that start with \"%s\" say that"
                            .formatted(Card.SIMULATED.strip())
                    + " everything runs, not how fast a card is.**\n");
        }
        line("| | |\n|---|---|");
        line("| processor | %s, %d cores, %s |".formatted(m.cpu(), m.cores(), String.join(" ", m.instructions())));
        line("| system | kernel %s, Java %s |".formatted(m.kernel(), m.java()));
        line("| sources | commit %s, %s |".formatted(m.commit(), m.date()));
        if (!run.card().isEmpty()) {
            line("| card | %s |".formatted(cell(run.card())));
        }
        line("| load | %s before, %s after; %d threads each |"
                .formatted(Numbers.of(m.load()), Numbers.of(run.loadAfter()), run.threads()));
        line("| peak, measured | %s fp32 GFLOP/s (fused multiply-adds in registers), %s GB/s (triad from memory) |"
                .formatted(
                        Numbers.orNot(run.yardstick().gigaflops()),
                        Numbers.orNot(run.yardstick().gigabytes())));
        line("");
        line("Times are medians with the tenth and ninetieth percentile as noise. *Floor* is the least time that the"
                + " machine's peak allows, by the nearer of its two limits, and how many times as long it took; *share* is the"
                + " floor over the measured time, bold above 100 %; bytes are each op's"
                + " operands and results once, so what stays in caches can exceed 100 % of memory. *Ratio* is how many times"
                + " as fast as the best peer we are (in a peer's row: as that peer), the median over interleaved rounds with"
                + " its range. bf16 and int8 are set against the fp32 peak too. *Allocated* is Java heap per call by JMH's"
                + " profiler, less what JMH allocates around a benchmark that does nothing.\n");
    }

    private void aims() {
        line("## Aims\n\n| aim | wanted | reached | |\n|---|---:|---:|---|");
        for (Aim.Verdict aim : run.aims()) {
            String reached = Double.isNaN(aim.reached()) ? "" : Numbers.of(aim.reached()) + " " + aim.unit();
            String verdict = aim.verdict().equals("missed") ? "**missed**" : aim.verdict();
            line("| %s | %s | %s | %s |".formatted(aim.name(), aim.limit(), reached, verdict));
        }
        line("");
    }

    private void notMeasured() {
        Map<String, String> byReason = run.outcomes().stream()
                .filter(outcome -> !outcome.status().equals(Outcome.MEASURED))
                .collect(Collectors.groupingBy(
                        outcome -> "%s: %s".formatted(outcome.status(), cell(outcome.reason())),
                        LinkedHashMap::new,
                        Collectors.mapping(Outcome::step, Collectors.joining(", "))));
        List<String> missing = new ArrayList<>();
        byReason.forEach((reason, steps) -> missing.add(steps + ": " + reason));
        run.failures().forEach(failure -> missing.add(cell(failure)));
        if (!missing.isEmpty()) {
            line("## Not measured\n");
            missing.forEach(each -> line("- " + each));
            line("");
        }
    }

    private void chapters() {
        Map<String, List<Result>> chapters = run.results().stream()
                .collect(Collectors.groupingBy(
                        result -> result.figure().group(), LinkedHashMap::new, Collectors.toList()));
        chapters.forEach((name, rows) -> {
            boolean others = rows.stream().anyMatch(row -> !row.isOurs());
            boolean rates = rows.stream().anyMatch(row -> !row.rate().limit().isEmpty());
            boolean heap = rows.stream().anyMatch(row -> !Double.isNaN(row.allocated()));
            boolean notes = rows.stream().anyMatch(row -> !row.figure().note().isEmpty());
            line("## " + capital(name) + "\n");
            line("| what |" + (others ? " engine |" : "") + " figure | noise |"
                    + (rates ? " GFLOP/s | GB/s | floor | share |" : "") + (others ? " ratio |" : "")
                    + (heap ? " allocated |" : "") + (notes ? " |" : ""));
            line("|---|" + (others ? "---|" : "") + "---:|---:|" + (rates ? "---:|---:|---:|---:|" : "")
                    + (others ? "---:|" : "") + (heap ? "---:|" : "") + (notes ? "---|" : ""));
            for (Result row : rows) {
                line("| " + cell(row.figure().name()) + " |"
                        + (others ? " " + row.figure().engine() + " |" : "")
                        + figure(row.figure()) + (rates ? rate(row) : "") + (others ? ratio(row) : "")
                        + (heap ? " " + bytes(row.allocated()) + " |" : "")
                        + (notes ? " " + cell(row.figure().note()) + " |" : ""));
            }
            line("\nAgain: %s\n"
                    .formatted(rows.stream()
                            .map(row -> row.figure().command())
                            .filter(command -> !command.isEmpty())
                            .distinct()
                            .map(command -> "`" + command + "`")
                            .collect(Collectors.joining(", "))));
        });
    }

    private static String figure(Figure figure) {
        String noise = figure.samples() > 1 ? Numbers.of(figure.low()) + "–" + Numbers.of(figure.high()) : "";
        return " %s %s | %s |".formatted(Numbers.of(figure.value()), figure.unit(), noise);
    }

    /** A share above all that the peak allows is printed bold: the work was not done, was counted wrong, or caches did it. */
    private static String rate(Result row) {
        Rate rate = row.rate();
        boolean known = !Double.isNaN(rate.share());
        String share = known ? Numbers.of(100 * rate.share()) + " % " + rate.limit() : "";
        String floor = known && row.figure().better() == Better.LOWER
                ? "%s %s (x %s)"
                        .formatted(
                                Numbers.of(rate.share() * row.figure().value()),
                                row.figure().unit(),
                                Numbers.of(1 / rate.share()))
                : "";
        return " %s | %s | %s | %s |"
                .formatted(
                        Numbers.orEmpty(rate.gigaflops()),
                        Numbers.orEmpty(rate.gigabytes()),
                        floor,
                        rate.share() > 1 ? "**" + share + "**" : share);
    }

    private static String ratio(Result row) {
        Beside beside = row.beside();
        if (Double.isNaN(beside.ratio())) {
            return " |";
        }
        String whom = row.isOurs() ? " " + beside.peer() : "";
        return " %s (%s–%s)%s |"
                .formatted(Numbers.of(beside.ratio()), Numbers.of(beside.low()), Numbers.of(beside.high()), whom);
    }

    private static String bytes(double allocated) {
        return Double.isNaN(allocated) ? "" : Math.round(allocated) + " B";
    }

    private void series() {
        if (run.series().isEmpty()) {
            return;
        }
        line("## Against size\n");
        line("| what | engine | against | exponent | bends | points (size: value) |\n|---|---|---|---:|---|---|");
        for (Series each : run.series()) {
            String points = each.points().stream()
                    .map(point -> Numbers.of(point.x()) + ": " + Numbers.of(point.value()))
                    .collect(Collectors.joining(", "));
            line("| %s, %s | %s | %s | %s | %s | %s |"
                    .formatted(
                            cell(each.name()),
                            each.unit(),
                            each.engine(),
                            each.x(),
                            Numbers.orEmpty(each.exponent()),
                            cell(each.bend()),
                            points));
        }
        line("");
    }

    private static String capital(String name) {
        return name.isEmpty() ? "Figures" : Character.toUpperCase(name.charAt(0)) + name.substring(1);
    }

    /** Fit for a cell of a table. */
    private static String cell(String words) {
        return words.replace("|", "/").replace("\n", " ");
    }
}
