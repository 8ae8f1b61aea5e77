package dev.earshot.bench.peers;

import dev.earshot.bench.result.Card;
import dev.earshot.bench.result.Figure;
import dev.earshot.bench.result.Figure.Better;
import dev.earshot.bench.result.FigureFile;
import dev.earshot.bench.result.Machine;
import dev.earshot.bench.work.Work;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.BackendInfo;
import dev.earshot.tensor.Backends;
import dev.earshot.tensor.DType;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Whole passes on one backend, with weights that a formula makes: image trunks at several batch sizes by one launch of a
 * captured program each, Segment Anything's encoder, decoder (a batch is so many prompts) and mask generator (1,024 points), and
 * training steps. Milliseconds from the call to the finished result in the backend's own memory;
 * median, tenth and ninetieth percentile. Prints a table and writes figures. Beside peers: {@code bench/side-by-side}.
 */
@Command(name = "model-bench", mixinStandardHelpOptions = true, description = "Times whole models on one backend.")
public final class ModelBench implements Callable<Integer> {
    private static final String COMMAND = "./earshot bench --suite cuda --only models";
    private static final int WARM_UPS = 5;
    private static final int RUNS = 50;
    private static final String GENERATOR = "sam-generator-b";
    private static final int POINTS_PER_SIDE = 32;
    private static final int PROMPTS = 64;

    @Option(names = "--backend", defaultValue = "cuda", description = "cuda, cuda:1, cuda:tf32, simcuda, cpu …")
    private String backend;

    @Option(names = "--out", required = true, description = "JSON file to write.")
    private Path out;

    @Option(names = "--small", description = "One block, batch 1, one run: to try the program on a slow device.")
    private boolean small;

    private final PrintStream table = System.out;

    /** Runs it. */
    public static void main(String[] arguments) {
        System.exit(new CommandLine(new ModelBench()).execute(arguments));
    }

    /** What is timed. */
    private record Pass(String model, int batch, DType compute) {}

    private List<Pass> passes() {
        List<Pass> passes = new ArrayList<>();
        int[] batches = small ? new int[] {1} : new int[] {1, 8, 64};
        for (DType compute : List.of(DType.F32, DType.BF16)) {
            for (String model : List.of("dino-vitb16", "imagebind-image")) {
                for (int batch : batches) {
                    passes.add(new Pass(model, batch, compute));
                }
            }
            passes.add(new Pass("sam-vit-b", 1, compute));
            passes.add(new Pass("sam-vit-h", 1, compute));
            passes.add(new Pass("sam-decoder", small ? 2 : PROMPTS, compute));
            passes.add(new Pass(GENERATOR, 1, compute));
            passes.add(new Pass("train-tiny", small ? 1 : 8, compute));
            if (!small) {
                passes.add(new Pass("train-imagebind", 8, compute));
            }
        }
        return passes;
    }

    @Override
    public Integer call() throws IOException {
        Machine machine = Machine.here();
        BackendInfo info;
        try (Backend opened = Backends.open(backend)) {
            info = opened.info();
        }
        table.println(Card.words(info));
        table.printf("%-28s %10s %10s %10s %10s%n", "model", "ms", "p10", "p90", "images/s");
        List<Figure> figures = new ArrayList<>();
        for (Pass pass : passes()) {
            try (Workload workload = open(pass)) {
                figures.add(time(info, pass, workload));
            }
            new FigureFile(machine, Card.words(info), figures, List.of()).write(out); // what follows may fail
            Figure last = figures.getLast();
            table.printf(
                    Locale.ROOT,
                    "%-28s %10.3f %10.3f %10.3f %10.1f%n",
                    last.name(),
                    last.value(),
                    last.low(),
                    last.high(),
                    1e3 * pass.batch() / last.value());
        }
        return 0;
    }

    private Workload open(Pass pass) {
        int batch = pass.model().equals(GENERATOR) ? POINTS_PER_SIDE : pass.batch();
        return small
                ? Workloads.small(backend, pass.model(), Math.min(batch, 2), pass.compute())
                : Workloads.open(backend, pass.model(), batch, 0, pass.compute());
    }

    private Figure time(BackendInfo info, Pass pass, Workload workload) {
        workload.run();
        Map<String, Object> facts = workload.facts();
        Work work = new Work((double) facts.get("flops"), (double) facts.get("bytes"));
        for (int i = 1; i < (small ? 1 : WARM_UPS); i++) {
            workload.run();
        }
        double[] millis = new double[small ? 1 : RUNS];
        for (int i = 0; i < millis.length; i++) {
            long start = System.nanoTime();
            workload.run();
            millis[i] = (System.nanoTime() - start) / 1e6;
        }
        String group = Card.prefix(info.name()) + "whole models";
        String model = pass.model() + (small ? " (small)" : "");
        String name = "%s x %d %s".formatted(model, pass.batch(), info.precision(pass.compute()));
        return Figure.of(group, name, "earshot", "ms", millis, Better.LOWER, COMMAND)
                .withWork(work);
    }
}
