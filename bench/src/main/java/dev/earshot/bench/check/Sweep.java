package dev.earshot.bench.check;

import dev.earshot.tensor.Backend;
import dev.earshot.tensor.Backends;
import dev.earshot.tensor.cases.OpCase;
import dev.earshot.tensor.cases.OpCase.Scale;
import dev.earshot.tensor.cases.OpCases;
import dev.earshot.tensor.cases.OpRun;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Runs the small rows of the op table once each, directly and as a captured program, and looks at no result: work for a tool
 * that watches the kernels, as compute-sanitizer does. Rows come in strides, so that whoever stops early has seen every op.
 */
@Command(name = "sweep", mixinStandardHelpOptions = true, description = "Runs every small row of the op table.")
public final class Sweep implements Callable<Integer> {
    private static final long SEED = 20261121;
    private static final int STRIDE = 16;
    private static final int TOLD = 100;

    @Option(names = "--backend", defaultValue = "cuda", description = "cuda, cuda:1, simcuda …")
    private String backendName;

    @Option(names = "--rows", defaultValue = "", description = "Only rows whose name contains this text.")
    private String filter;

    @Option(names = "--seconds", defaultValue = "Infinity", description = "Starts no row after so many seconds.")
    private double seconds;

    /** Runs it. */
    public static void main(String[] arguments) {
        System.exit(new CommandLine(new Sweep()).execute(arguments));
    }

    @Override
    public Integer call() {
        long start = System.nanoTime();
        List<OpCase> rows = inStrides(OpCases.all().stream()
                .filter(row -> row.scale() == Scale.SMALL && row.name().contains(filter))
                .toList());
        int done = 0;
        try (Backend backend = Backends.open(backendName)) {
            for (OpCase row : rows) {
                if ((System.nanoTime() - start) / 1e9 > seconds) {
                    break;
                }
                try (OpRun run = row.open(backend, SEED)) {
                    run.run();
                    run.runCaptured();
                } catch (RuntimeException e) {
                    System.out.println("failed: " + row);
                    throw e;
                }
                if (++done % TOLD == 0) {
                    System.out.println(done + " rows");
                }
            }
        }
        System.out.println("ran %d of %d rows".formatted(done, rows.size()));
        return done == 0 ? 1 : 0;
    }

    /** Every sixteenth row, then those behind them, and so on. */
    static <T> List<T> inStrides(List<T> rows) {
        List<T> order = new ArrayList<>(rows.size());
        for (int first = 0; first < STRIDE; first++) {
            for (int i = first; i < rows.size(); i += STRIDE) {
                order.add(rows.get(i));
            }
        }
        return order;
    }
}
