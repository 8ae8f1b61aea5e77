package dev.earshot.bench.peers;

import dev.earshot.bench.result.Card;
import dev.earshot.bench.result.Figure;
import dev.earshot.bench.result.FigureFile;
import dev.earshot.bench.result.Machine;
import dev.earshot.bench.startup.DeviceLoading;
import dev.earshot.cuda.CudaDiagnostics;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.BackendInfo;
import dev.earshot.tensor.Backends;
import dev.earshot.tensor.DType;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Whole passes on one backend, with weights that a formula makes: networks at several batch sizes, by one launch of a captured
 * program and op by op, Segment Anything's decoder (a batch is so many prompts) and mask generator (1,024 points), MoCA's
 * frame, clip, training step and neighbour table, and the way of weights from a file to the device. What is told of each:
 * {@link PassFigures}. Prints a table and writes figures. Beside peers: {@code bench/side-by-side}.
 */
@Command(name = "model-bench", mixinStandardHelpOptions = true, description = "Times whole models on one backend.")
public final class ModelBench implements Callable<Integer> {
    private static final String COMMAND = "./earshot bench --suite cuda --only models";
    private static final String TF32 = ":tf32";
    private static final String GENERATOR = "sam-generator-b";
    private static final int POINTS_PER_SIDE = 32;
    private static final int PROMPTS = 64;
    /** Pictures whose neighbours MoCA's training looks for. */
    private static final int VGG_SOUND = 184_000;

    @Option(names = "--backend", defaultValue = "cuda", description = "cuda, cuda:1, cuda:tf32, simcuda, cpu …")
    private String backend;

    @Option(names = "--out", required = true, description = "JSON file to write.")
    private Path out;

    @Option(names = "--small", description = "One block, batch 1, one run: to try the program on a slow device.")
    private boolean small;

    @Option(names = "--models", defaultValue = "", description = "Only models whose name contains this text.")
    private String filter;

    private final PrintStream table = System.out;
    private final List<Figure> figures = new ArrayList<>();
    private final Machine machine = Machine.here();
    private BackendInfo info;
    private long freeBefore = -1;
    private boolean failed;

    /** Runs it. */
    public static void main(String[] arguments) {
        System.exit(new CommandLine(new ModelBench()).execute(arguments));
    }

    /** A network with the batches among which its best rate is looked for. */
    private record Trunk(String model, int... batches) {}

    private static final List<Trunk> TRUNKS = List.of(
            new Trunk("dino-vitb16", 1, 8, 64, 256),
            new Trunk("dino-vits8", 1, 8, 64, 256),
            new Trunk("imagebind-image", 1, 8, 64, 256),
            new Trunk(Networks.AUDIO, 1, 8, 64, 256),
            new Trunk(Networks.ADAPTED, 1, 8, 64, 256),
            new Trunk("sam-vit-b", 1, 4, 8),
            new Trunk("sam-vit-h", 1, 4, 8));
    /** What is worth the time in full fp32, each alone. */
    private static final List<Trunk> IN_FP32 = List.of(new Trunk("dino-vitb16", 1), new Trunk("imagebind-image", 1));

    /** Something that is run as a whole. */
    private record Pass(String model, int batch) {}

    private List<Pass> passes(Arithmetic in) {
        List<Pass> passes = new ArrayList<>();
        passes.add(new Pass("sam-decoder", 1));
        passes.add(new Pass("sam-decoder", small ? 2 : PROMPTS));
        passes.add(new Pass(GENERATOR, 1));
        passes.add(new Pass(ClipWorkload.OF_A_FRAME, 1));
        passes.add(new Pass("train-tiny", small ? 1 : 8));
        if (!small) {
            passes.add(new Pass(ClipWorkload.NAME, 8));
            passes.add(new Pass("train-imagebind", 8));
            passes.add(new Pass("train-imagebind", 64));
        }
        if (in.compute() == DType.F32) { // these know no other type
            passes.add(new Pass(FrameWorkload.NAME, 1));
            passes.add(new Pass(FrameWorkload.NAME, small ? 2 : 8));
            passes.add(new Pass("knn", small ? Workloads.SOME_PICTURES : VGG_SOUND));
        }
        return passes;
    }

    /** How products are computed: on which form of the backend, with operands of which type. */
    private record Arithmetic(String backend, DType compute) {}

    private List<Arithmetic> arithmetics() {
        List<Arithmetic> all = new ArrayList<>(List.of(new Arithmetic(backend, DType.BF16)));
        if (backend.contains("cuda") && !backend.endsWith(TF32)) {
            all.add(new Arithmetic(backend + TF32, DType.F32));
        }
        all.add(new Arithmetic(backend, DType.F32));
        return all;
    }

    @Override
    public Integer call() throws IOException {
        try (Backend opened = Backends.open(backend)) {
            info = opened.info();
            freeBefore =
                    PassFigures.diagnostics().map(CudaDiagnostics::freeBytes).orElse(-1L);
        }
        table.println(Card.words(info));
        table.printf(
                "%-34s %10s %10s %10s %10s %10s %10s%n", "model", "ms", "p10", "p90", "per s", "host us", "op by op");
        for (Arithmetic in : arithmetics()) {
            boolean full = in.compute() == DType.F32 && in.backend().equals(backend) && backend.contains("cuda");
            for (Trunk trunk : full ? IN_FP32 : TRUNKS) {
                if (trunk.model().contains(filter)) {
                    attempt(trunk.model(), () -> trunk(in, trunk));
                }
            }
            for (Pass pass : full ? List.<Pass>of() : passes(in)) {
                if (pass.model().contains(filter)) {
                    attempt(pass.model(), () -> pass(in, pass));
                }
            }
        }
        if ("loading".contains(filter)) {
            attempt("loading", this::load);
        }
        return failed ? 1 : 0;
    }

    /** One failure, of memory say, leaves the others their figures. */
    private void attempt(String what, Runnable measurement) throws IOException {
        try {
            measurement.run();
        } catch (RuntimeException | OutOfMemoryError e) {
            failed = true;
            table.println(what + ": " + e);
        }
        new FigureFile(machine, Card.words(info), figures, List.of()).write(out); // what follows may end the process
    }

    private PassFigures newFigures(BackendInfo of, DType compute) {
        return new PassFigures(of, of.precision(compute), small ? Timing.ONCE : Timing.FULL, COMMAND, freeBefore);
    }

    private String name(String model) {
        return model + (small ? " (small)" : "");
    }

    private void trunk(Arithmetic in, Trunk trunk) {
        String model = trunk.model();
        try (Network network = small
                ? Networks.small(in.backend(), model, in.compute())
                : Networks.open(in.backend(), model, 0, in.compute())) {
            PassFigures of = newFigures(network.backend().info(), in.compute());
            try {
                for (int batch : small ? new int[] {1} : trunk.batches()) {
                    Figure latency = of.measure(network, name(model), batch);
                    table.println(of.line(latency, batch));
                }
            } finally {
                of.throughput(name(model), network.samples());
                figures.addAll(of.figures());
            }
        }
    }

    private void pass(Arithmetic in, Pass pass) {
        int batch = pass.model().equals(GENERATOR) ? POINTS_PER_SIDE : pass.batch();
        try (Workload workload = small
                ? Workloads.small(in.backend(), pass.model(), Math.min(batch, 2), in.compute())
                : Workloads.open(in.backend(), pass.model(), batch, 0, in.compute())) {
            BackendInfo of = new BackendInfo(
                    in.backend().endsWith(TF32) ? info.name() + TF32 : info.name(),
                    info.device(),
                    List.of(),
                    List.of());
            PassFigures measured = newFigures(of, in.compute());
            Figure latency = measured.measure(workload, name(pass.model()), pass.batch());
            figures.addAll(measured.figures());
            table.println(measured.line(latency, pass.batch()));
        }
    }

    private void load() {
        List<Figure> loading = DeviceLoading.measure(backend, small, COMMAND);
        figures.addAll(loading);
        loading.forEach(figure ->
                table.printf("%-60s %10.2f %s (%s)%n", figure.name(), figure.value(), figure.unit(), figure.note()));
    }
}
