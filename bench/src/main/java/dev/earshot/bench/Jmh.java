package dev.earshot.bench;

import java.io.IOException;
import java.util.Arrays;
import java.util.Collection;
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
            printRates(runner.run());
        }
    }

    private static void printRates(Collection<RunResult> results) {
        if (results.stream().allMatch(result -> work(result.getParams().getBenchmark()) == null)) {
            return;
        }
        System.out.printf("%n%-34s %-28s %12s %10s %10s%n", "benchmark", "case", "time", "GFLOP/s", "GB/s");
        for (RunResult result : results) {
            BenchmarkParams parameters = result.getParams();
            Work work = work(parameters.getBenchmark());
            if (work == null) {
                continue;
            }
            String name = parameters.getBenchmark().replaceFirst(".*\\.([^.]+\\.[^.]+)$", "$1");
            String sizes = parameters.getParamsKeys().stream()
                    .filter(key -> !key.equals("backendName"))
                    .map(parameters::getParam)
                    .findFirst()
                    .orElseThrow();
            long[] numbers =
                    Arrays.stream(sizes.split("x")).mapToLong(Long::parseLong).toArray();
            double score = result.getPrimaryResult().getScore();
            double nanos = score * TimeUnit.NANOSECONDS.convert(1, parameters.getTimeUnit());
            System.out.printf(
                    "%-34s %-28s %9.1f us %10.1f %10.2f%n",
                    name, sizes, nanos / 1e3, work.operations(numbers) / nanos, work.bytes(numbers) / nanos);
        }
    }

    /** What the benchmark's class says about its work, or null if it says nothing. */
    private static Work work(String benchmark) {
        String type = benchmark.substring(0, benchmark.lastIndexOf('.'));
        try {
            return Class.forName(type).getDeclaredConstructor().newInstance() instanceof Work work ? work : null;
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("benchmark class " + type + " cannot be made", e);
        }
    }
}
