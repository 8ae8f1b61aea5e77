package dev.earshot.bench.suite;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * How the steps of one result folder ended, kept in {@code raw/parts.json}: later calls that run only some parts leave what
 * earlier ones measured.
 */
final class Runs {
    private static final ObjectMapper JSON = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

    private final Path file;
    private final List<Outcome> outcomes = new ArrayList<>();
    private final List<String> left = new ArrayList<>();
    private boolean begun;

    private Runs(Path file) {
        this.file = file;
    }

    /** Of a raw folder, which may be new. */
    static Runs in(Path raw) throws IOException {
        Runs runs = new Runs(raw.resolve("parts.json"));
        if (Files.exists(runs.file)) {
            runs.outcomes.addAll(JSON.readValue(runs.file.toFile(), new TypeReference<List<Outcome>>() {}));
        }
        return runs;
    }

    /** All steps that were run or given up, in the order of {@link Parts}. */
    List<Outcome> outcomes() {
        return List.copyOf(outcomes);
    }

    /**
     * Runs the steps of a part; a step that fails leaves the others alone. One that would not be done in time is left, unless
     * it is the first of this call, and one that is still running at the deadline is cut off.
     */
    void run(Part part, Setting setting, Budget budget, Children children, PrintStream progress)
            throws IOException, InterruptedException {
        for (Step step : part.steps(setting)) {
            Optional<Outcome> before = outcomes.stream()
                    .filter(known -> known.file().equals(step.file()))
                    .findFirst();
            if (budget.resume() && before.isPresent() && before.get().isDone(setting)) {
                continue;
            }
            double expected = before.filter(known -> known.seconds() > 0 && known.isQuick() == setting.quick())
                    .map(Outcome::seconds)
                    .orElse(step.seconds());
            if (!budget.fits(expected) && begun || budget.secondsLeft() <= 0) {
                left.add(step.name());
                skip(step, part, before, "no time left for about %.0f s".formatted(expected));
                continue;
            }
            begun = true;
            progress.printf("%s (%s) …%n", step.name(), part.question());
            Path written = setting.raw().resolve(step.file());
            Files.deleteIfExists(written); // what a failing step leaves must not pass for its result
            long start = System.nanoTime();
            String reason = children.run(step.command(), budget.secondsLeft());
            double seconds = (System.nanoTime() - start) / 1e9;
            if (reason.isEmpty() && !Files.exists(written)) {
                reason = "left no " + step.file();
            }
            if (reason.startsWith(Children.CUT_OFF)) {
                left.add(step.name());
            }
            String status = reason.isEmpty() ? Outcome.MEASURED : Outcome.FAILED;
            String remark = reason.isEmpty() && setting.quick() ? Outcome.FEW_REPEATS : reason;
            note(new Outcome(part.name(), part.device(), step.name(), step.file(), status, seconds, remark));
            progress.printf(Locale.ROOT, "%s: %s after %.0f s %s%n", step.name(), status, seconds, reason);
        }
    }

    /** Names the steps of a part that is not run, unless an earlier call did. */
    void skip(Part part, Setting setting, String reason) throws IOException {
        for (Step step : part.steps(setting)) {
            Optional<Outcome> before = outcomes.stream()
                    .filter(known -> known.file().equals(step.file()))
                    .findFirst();
            if (!left.contains(step.name())) { // that reason says more
                skip(step, part, before, reason);
            }
        }
    }

    private void skip(Step step, Part part, Optional<Outcome> before, String reason) throws IOException {
        if (before.isEmpty() || before.get().status().equals(Outcome.NOT_RUN)) {
            note(new Outcome(part.name(), part.device(), step.name(), step.file(), Outcome.NOT_RUN, 0, reason));
        }
    }

    /** Names of the steps for which this call had no time, or not enough. */
    List<String> left() {
        return List.copyOf(left);
    }

    private void note(Outcome outcome) throws IOException {
        outcomes.removeIf(known -> known.file().equals(outcome.file()));
        outcomes.add(outcome);
        Files.createDirectories(file.getParent());
        // In one move: a run that is killed while it writes must not take the record of earlier ones with it.
        Path fresh = file.resolveSibling(file.getFileName() + ".new");
        JSON.writeValue(fresh.toFile(), outcomes);
        Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    /** True if a step of this call or an earlier one failed. */
    boolean anyFailed() {
        return outcomes.stream().anyMatch(outcome -> outcome.status().equals(Outcome.FAILED));
    }
}
