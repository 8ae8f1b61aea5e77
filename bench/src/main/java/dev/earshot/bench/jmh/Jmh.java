package dev.earshot.bench.jmh;

import dev.earshot.tensor.cases.OpCase;
import dev.earshot.tensor.cases.OpCases;
import java.io.IOException;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.CommandLineOptionException;
import org.openjdk.jmh.runner.options.CommandLineOptions;

/** JMH with its own command line, and a table of rates (GFLOP/s, GB/s) behind its table of times. */
public final class Jmh {
    private Jmh() {}

    /** Options as JMH takes them; {@code -h} lists them. */
    public static void main(String[] arguments) throws RunnerException, CommandLineOptionException, IOException {
        CommandLineOptions options = new CommandLineOptions(arguments);
        if (options.shouldHelp()) {
            options.showHelp();
            return;
        }
        Runner runner = new Runner(options);
        if (options.shouldList()) {
            runner.list();
        } else if (options.shouldListWithParams()) {
            runner.listWithParams(options);
        } else {
            Collection<RunResult> results = runner.run();
            printRates(results);
            printLoads(results);
        }
    }

    /** GFLOP/s and GB/s of rows of the op table. */
    public static void printRates(Collection<RunResult> results) {
        List<RunResult> ops = results.stream()
                .filter(result -> result.getParams().getParamsKeys().contains("row"))
                .toList();
        if (ops.isEmpty()) {
            return;
        }
        System.out.printf("%n%-72s %12s %10s %10s%n", "row of the op table", "us", "GFLOP/s", "GB/s");
        for (RunResult result : ops) {
            BenchmarkParams parameters = result.getParams();
            OpCase row = OpCases.matching(parameters.getParam("row")).getFirst();
            double score = result.getPrimaryResult().getScore();
            double nanos = score * TimeUnit.NANOSECONDS.convert(1, parameters.getTimeUnit());
            System.out.printf(
                    "%-72s %12.1f %10.1f %10.2f%n", row.name(), nanos / 1e3, row.flops() / nanos, row.bytes() / nanos);
        }
    }

    private static void printLoads(Collection<RunResult> results) {
        for (RunResult result : results) {
            BenchmarkParams parameters = result.getParams();
            if (parameters.getParamsKeys().contains("mebibytes")) {
                double bytes = Integer.parseInt(parameters.getParam("mebibytes")) * 0x1p20;
                double nanos = result.getPrimaryResult().getScore()
                        * TimeUnit.NANOSECONDS.convert(1, parameters.getTimeUnit());
                System.out.printf(
                        "%-8s %-8s %-8s %6.2f GB/s of the file%n",
                        parameters.getParam("backendName"),
                        parameters.getParam("use"),
                        parameters.getParam("dtype"),
                        bytes / nanos);
            }
        }
    }
}
