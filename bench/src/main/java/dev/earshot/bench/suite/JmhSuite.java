package dev.earshot.bench.suite;

import dev.earshot.bench.jmh.Jmh;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.Backends;
import dev.earshot.tensor.DType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.Callable;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.results.format.ResultFormatFactory;
import org.openjdk.jmh.results.format.ResultFormatType;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * {@link JmhPlan} through JMH with its profiler of allocation, as one file of JMH's own JSON. Forks inherit this process's
 * flags, among them the number of processors.
 */
@Command(name = "jmh-suite", mixinStandardHelpOptions = true, description = "Runs the chosen JMH benchmarks.")
public final class JmhSuite implements Callable<Integer> {
    @Option(names = "--out", required = true, description = "JSON file to write")
    private Path out;

    @Option(names = "--quick", description = "the first rows, one fork")
    private boolean quick;

    @Option(names = "--forks", description = "of each benchmark; default 3, with --quick 1")
    private int forks;

    @Option(names = "--backend", defaultValue = "cpu", description = "as the benchmarks take it")
    private String backendName;

    /** Runs it. */
    public static void main(String[] arguments) {
        System.exit(new CommandLine(new JmhSuite()).execute(arguments));
    }

    @Override
    public Integer call() throws RunnerException, IOException {
        boolean bf16;
        try (Backend backend = Backends.open(backendName)) {
            bf16 = backend.isNative(DType.BF16);
        }
        List<RunResult> results = new ArrayList<>();
        List<String> missing = new ArrayList<>();
        for (JmhPlan whole : JmhPlan.ALL) {
            JmhPlan plan = whole.on(bf16, quick);
            if (!plan.isEmpty()) {
                int before = results.size();
                results.addAll(run(plan));
                if (results.size() - before < Math.max(1, plan.values().size())) {
                    missing.add(plan.benchmark());
                }
                write(results); // what follows may fail
            }
        }
        Jmh.printRates(results);
        if (!missing.isEmpty()) {
            System.out.println("failed, see above: " + String.join(", ", missing));
        }
        return missing.isEmpty() ? Statuses.OK : Statuses.FAILED;
    }

    private Collection<RunResult> run(JmhPlan plan) throws RunnerException {
        boolean whole = plan.benchmark().equals(JmhPlan.FORWARD);
        double seconds = quick ? 0.25 : whole ? 2 : 0.4;
        ChainedOptionsBuilder options = new OptionsBuilder()
                .include("\\." + plan.benchmark() + "\\.")
                .forks(forks > 0 ? forks : quick ? 1 : 3)
                .warmupIterations(quick ? 1 : 2)
                .warmupTime(time(seconds))
                .measurementIterations(3)
                .measurementTime(time(seconds))
                .addProfiler(GCProfiler.class);
        if (!plan.parameter().isEmpty()) {
            options.param(JmhPlan.BACKEND, backendName);
        }
        if (!plan.parameter().isEmpty() && !plan.parameter().equals(JmhPlan.BACKEND)) {
            options.param(plan.parameter(), plan.parameters());
        }
        return new Runner(options.build()).run();
    }

    private static TimeValue time(double seconds) {
        return TimeValue.milliseconds(Math.round(1000 * seconds));
    }

    private void write(List<RunResult> results) throws IOException {
        Files.createDirectories(out.toAbsolutePath().getParent());
        ResultFormatFactory.getInstance(ResultFormatType.JSON, out.toString()).writeOut(results);
    }
}
