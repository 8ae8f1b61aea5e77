package dev.earshot.bench.peers;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import dev.earshot.tensor.DType;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Whole passes on one backend, with weights that a formula makes: image trunks at several batch sizes by one launch of a
 * captured program each, Segment Anything's encoder, decoder (a batch is so many prompts) and mask generator (1,024 points), and
 * training steps. Milliseconds from the call to the finished result in the backend's own memory;
 * median, tenth and ninetieth percentile. Prints a table and writes JSON. Beside peers: {@code bench/side-by-side}.
 */
@Command(name = "model-bench", mixinStandardHelpOptions = true, description = "Times whole models on one backend.")
public final class ModelBench implements Runnable {
    private static final int WARM_UPS = 5;
    private static final int RUNS = 50;
    private static final String GENERATOR = "sam-generator-b";
    private static final int POINTS_PER_SIDE = 32;
    private static final int PROMPTS = 64;

    @Option(names = "--backend", defaultValue = "cuda", description = "cuda, cuda:1, cuda:tf32, simcuda, cpu …")
    private String backend;

    @Option(names = "--out", required = true, description = "JSON file to write.")
    private Path out;

    @Option(names = "--commit", defaultValue = "unknown", description = "Commit to name in the file.")
    private String commit;

    @Option(names = "--small", description = "One block, batch 1, one run: to try the program on a slow device.")
    private boolean small;

    private final PrintStream table = System.out;

    /** Runs it. */
    public static void main(String[] arguments) {
        System.exit(new CommandLine(new ModelBench()).execute(arguments));
    }

    /** What is timed. */
    private record Pass(String model, int batch, DType compute) {}

    /** One timed pass; images per second by the median. */
    private record Row(
            String model,
            int batch,
            DType compute,
            double medianMillis,
            double lowMillis,
            double highMillis,
            double imagesPerSecond) {}

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
    public void run() {
        List<Row> rows = new ArrayList<>();
        Map<String, Object> facts = Map.of();
        table.printf("%-20s %6s %5s %10s %10s %10s %10s%n", "model", "batch", "type", "ms", "p10", "p90", "images/s");
        for (Pass pass : passes()) {
            try (Workload workload = open(pass)) {
                facts = workload.facts();
                rows.add(time(pass, workload));
            }
            Row row = rows.getLast();
            table.printf(
                    "%-20s %6d %5s %10.3f %10.3f %10.3f %10.1f%n",
                    row.model(),
                    row.batch(),
                    row.compute(),
                    row.medianMillis(),
                    row.lowMillis(),
                    row.highMillis(),
                    row.imagesPerSecond());
        }
        write(facts, rows);
    }

    private Workload open(Pass pass) {
        if (pass.model().startsWith(SamPeerWorkload.PREFIX)) {
            int batch = pass.model().equals(GENERATOR) ? POINTS_PER_SIDE : pass.batch();
            return small
                    ? SamPeerWorkload.small(backend, pass.model(), Math.min(batch, 2), pass.compute())
                    : new SamPeerWorkload(backend, pass.model(), batch, 0, pass.compute());
        }
        return pass.model().startsWith("train-")
                ? new TrainingWorkload(backend, pass.model(), pass.batch(), pass.compute())
                : ImageWorkloads.open(backend, pass.model(), pass.batch(), small ? 1 : 0, pass.compute());
    }

    private Row time(Pass pass, Workload workload) {
        for (int i = 0; i < (small ? 1 : WARM_UPS); i++) {
            workload.run();
        }
        double[] millis = new double[small ? 1 : RUNS];
        for (int i = 0; i < millis.length; i++) {
            long start = System.nanoTime();
            workload.run();
            millis[i] = (System.nanoTime() - start) / 1e6;
        }
        Arrays.sort(millis);
        double median = millis[millis.length / 2];
        return new Row(
                pass.model(),
                pass.batch(),
                pass.compute(),
                median,
                millis[millis.length / 10],
                millis[millis.length - 1 - millis.length / 10],
                1e3 * pass.batch() / median);
    }

    private void write(Map<String, Object> facts, List<Row> rows) {
        Map<String, Object> file = new LinkedHashMap<>(facts);
        file.put("date", Instant.now().toString());
        file.put("commit", commit);
        file.put("rows", rows);
        try {
            new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT).writeValue(out.toFile(), file);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot write " + out, e);
        }
    }
}
