package dev.earshot.bench.check;

import dev.earshot.bench.result.ResidentMemory;
import dev.earshot.cuda.CudaDiagnostics;
import dev.earshot.segmentation.ClipFrame;
import dev.earshot.segmentation.SegmentedFrame;
import dev.earshot.segmentation.Segmenter;
import dev.earshot.segmentation.moca.MocaWeights;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.Backends;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Many frames through MoCA with the demo weights, then many loads of it: memory of the card, as our pool and as the driver
 * counts it, and of the process must not grow. Start it with a heap of fixed size, touched from the start.
 */
@Command(name = "soak", mixinStandardHelpOptions = true, description = "Does memory grow over many frames and loads?")
public final class Soak implements Callable<Integer> {
    private static final int BATCH = 5;
    /** Of the frames, or of the loads, that are over when the memory is looked at first. */
    private static final int RUN_IN = 10;

    private static final double MOST_DRIFT = 0.01;
    private static final double MOST_GROWTH_MB = 16;

    @Option(names = "--backend", defaultValue = "cuda", description = "cuda, cuda:1, simcuda, cpu …")
    private String backendName;

    @Option(names = "--frames", defaultValue = "10000", description = "Looked at after a tenth and at the end.")
    private int frames;

    @Option(names = "--loads", defaultValue = "50", description = "Looked at after a tenth and at the end.")
    private int loads;

    private final List<String> faults = new ArrayList<>();

    /** Runs it. */
    public static void main(String[] arguments) {
        System.exit(new CommandLine(new Soak()).execute(arguments));
    }

    /**
     * Memory at one moment, in megabytes.
     *
     * @param pool what the backend holds of the card; 0 on a backend without a card
     * @param taken what nobody else can have of the card: libraries and what the pool keeps included
     * @param resident of the process
     */
    record Memory(double pool, double taken, double resident) {
        @Override
        public String toString() {
            return String.format(
                    Locale.ROOT,
                    "%.2f MB in the pool, %.1f MB taken of the card, %.1f MB resident",
                    pool,
                    taken,
                    resident);
        }
    }

    @Override
    public Integer call() {
        List<ClipFrame> clip = DemoMoca.frames(BATCH);
        try (Backend backend = Backends.open(backendName);
                MocaWeights weights = DemoMoca.weights()) {
            double free = free();
            try (Segmenter moca = DemoMoca.open(backend, weights)) {
                Memory before = look(free);
                for (int frame = 0; frame < frames; frame += BATCH) {
                    if (frame == frames / RUN_IN / BATCH * BATCH) {
                        before = look(free);
                        System.out.println("frame " + frame + ": " + before);
                    }
                    if (moca.segment(clip).size() != BATCH) {
                        throw new IllegalStateException("expected a mask for each of %d frames".formatted(BATCH));
                    }
                }
                Memory after = look(free);
                System.out.println("frame " + frames + ": " + after);
                compare(
                        "frames",
                        before,
                        after,
                        MOST_DRIFT * before.pool(),
                        MOST_DRIFT * before.taken(),
                        MOST_DRIFT * before.resident());
            }
            Memory before = look(free);
            for (int load = 0; load < loads; load++) {
                if (load == loads / RUN_IN) {
                    before = look(free);
                    System.out.println("load " + load + ": " + before);
                }
                try (Segmenter moca = DemoMoca.open(backend, weights)) {
                    List<SegmentedFrame> masks = moca.segment(clip);
                    if (masks.size() != BATCH) {
                        throw new IllegalStateException("expected a mask for each of %d frames".formatted(BATCH));
                    }
                }
            }
            Memory after = look(free);
            System.out.println("load " + loads + ": " + after);
            compare("loads", before, after, 0, MOST_GROWTH_MB, MOST_GROWTH_MB);
        }
        faults.forEach(System.out::println);
        System.out.println(faults.isEmpty() ? "nothing grows" : "memory grows");
        return faults.isEmpty() ? 0 : 1;
    }

    /** Megabytes of the card that nobody has taken; 0 without a card. */
    private static double free() {
        return CudaDiagnostics.open().stream()
                .mapToDouble(card -> card.freeBytes() / 1e6)
                .sum();
    }

    private static Memory look(double freeBefore) {
        double pool = CudaDiagnostics.open().stream()
                .mapToDouble(card -> card.usedBytesByPurpose().values().stream()
                                .mapToLong(Long::longValue)
                                .sum()
                        / 1e6)
                .sum();
        return new Memory(
                pool,
                freeBefore - free(),
                ResidentMemory.megabytes(ProcessHandle.current().pid()));
    }

    private void compare(String what, Memory before, Memory after, double pool, double taken, double resident) {
        grown(what, "memory of our pool", before.pool(), after.pool(), pool);
        grown(what, "memory taken of the card", before.taken(), after.taken(), taken);
        grown(what, "resident memory", before.resident(), after.resident(), resident);
    }

    private void grown(String what, String memory, double before, double after, double most) {
        if (after - before > most) {
            faults.add(String.format(
                    Locale.ROOT,
                    "%s: %s: expected at most %.2f MB more, got %.2f MB",
                    what,
                    memory,
                    most,
                    after - before));
        }
    }
}
