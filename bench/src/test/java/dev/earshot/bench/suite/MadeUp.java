package dev.earshot.bench.suite;

import dev.earshot.bench.result.Figure;
import dev.earshot.bench.result.Figure.Better;
import dev.earshot.bench.result.Machine;
import java.util.List;

/** Results that nobody measured. */
final class MadeUp {
    private MadeUp() {}

    static Machine machine(String name) {
        return new Machine(
                name, "2030-01-02T03:04:05Z", "abc1234", "Some CPU", 2, List.of("avx2"), "6.1", "25 Maker", 0.25);
    }

    static Figure figure(String name, String engine, Better better, double low, double value, double high) {
        return new Figure("group", name, engine, "ms", value, low, high, 9, better, "a command", "");
    }

    static Result result(Figure figure) {
        return new Result(figure, Rate.NONE, Beside.NOBODY, Double.NaN);
    }

    static ResultFile run(String machine, List<Outcome> outcomes, List<String> failures, Result... results) {
        List<Result> all = List.of(results);
        return new ResultFile(
                machine(machine),
                0.5,
                2,
                false,
                new Yardstick(100, 10),
                "",
                outcomes,
                all,
                List.of(),
                Aims.judge(all, machine(machine)),
                failures);
    }

    static ResultFile run(String machine, Figure... figures) {
        Result[] results = List.of(figures).stream().map(MadeUp::result).toArray(Result[]::new);
        return run(machine, List.of(), List.of(), results);
    }
}
