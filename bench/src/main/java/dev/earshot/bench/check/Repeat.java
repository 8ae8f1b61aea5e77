package dev.earshot.bench.check;

import dev.earshot.segmentation.BinaryMask;
import dev.earshot.segmentation.ClipFrame;
import dev.earshot.segmentation.FrameMask;
import dev.earshot.segmentation.SegmentedFrame;
import dev.earshot.segmentation.Segmenter;
import dev.earshot.segmentation.moca.MocaWeights;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.Backends;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.HostTensor;
import dev.earshot.tensor.cases.OpCase;
import dev.earshot.tensor.cases.OpCases;
import dev.earshot.tensor.cases.OpRun;
import dev.earshot.tools.parity.GoldenCase;
import dev.earshot.tools.parity.KindRunner;
import dev.earshot.tools.parity.KindRunners;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Equal bits: every row of the op table, the models of the goldens in fp32 and bf16, and a clip through MoCA run twice in this
 * process, and {@code --against} compares with what another process wrote. No op is excepted.
 */
@Command(name = "repeat", mixinStandardHelpOptions = true, description = "Are results the same bits every time?")
public final class Repeat implements Callable<Integer> {
    private static final long SEED = 20261121;
    private static final int FRAMES = 5;
    private static final int SHOWN = 20;

    @Option(names = "--backend", defaultValue = "cuda", description = "cuda, cuda:1, cuda:tf32, simcuda, cpu …")
    private String backendName;

    @Option(names = "--goldens", description = "Folder of golden cases; default: none of them.")
    private Path goldens;

    @Option(names = "--rows", defaultValue = "", description = "Only rows whose name contains this text.")
    private String filter;

    @Option(names = "--flops", defaultValue = "Infinity", description = "Only rows of at most so many operations.")
    private double flops;

    @Option(names = "--digests", required = true, description = "File to write: a digest of each result.")
    private Path digests;

    @Option(names = "--against", description = "Digests of another process.")
    private Path against;

    private final Digests found = new Digests();
    private final List<String> faults = new ArrayList<>();

    /** Runs it. */
    public static void main(String[] arguments) {
        System.exit(new CommandLine(new Repeat()).execute(arguments));
    }

    @Override
    public Integer call() {
        try (Backend backend = Backends.open(backendName)) {
            for (OpCase row : OpCases.all()) {
                if (row.scale() != OpCase.Scale.BENCH
                        && row.flops() <= flops
                        && row.name().contains(filter)) {
                    row(backend, row);
                }
            }
            int rows = found.size();
            if (goldens != null) {
                models(backend);
            }
            clip(backend);
            System.out.println("%d rows, %d whole models: %d differ in one process"
                    .formatted(rows, found.size() - rows, faults.size()));
        }
        found.write(digests);
        if (against != null) {
            List<String> different = found.differences(Digests.read(against));
            System.out.println("%d differ between two processes".formatted(different.size()));
            faults.addAll(different);
        }
        faults.stream().limit(SHOWN).forEach(name -> System.out.println("differs: " + name));
        return faults.isEmpty() ? 0 : 1;
    }

    private void twice(String name, Supplier<ByteBuffer> result) {
        String first = Digests.of(result.get());
        if (!first.equals(Digests.of(result.get()))) {
            faults.add(name);
        }
        found.put(name, first);
    }

    private void row(Backend backend, OpCase row) {
        try (OpRun run = row.open(backend, SEED)) {
            twice(row.name(), () -> bytes(run.run()));
        }
    }

    private static ByteBuffer bytes(double[][] values) {
        int count = 0;
        for (double[] each : values) {
            count += each.length;
        }
        ByteBuffer bytes = ByteBuffer.allocate(count * Double.BYTES);
        for (double[] each : values) {
            for (double value : each) {
                bytes.putLong(Double.doubleToRawLongBits(value));
            }
        }
        return bytes.flip();
    }

    private void models(Backend backend) {
        Map<String, KindRunner> runners = KindRunners.all();
        for (GoldenCase golden : GoldenCase.find(goldens)) {
            KindRunner runner = runners.get(golden.kind());
            if (runner == null || !runner.usesBackend() || !runner.runsUnasked()) {
                continue;
            }
            try (golden) {
                for (DType compute : List.of(DType.F32, DType.BF16)) {
                    twice("golden " + golden.name() + " " + compute, () -> bytes(runner.run(golden, backend, compute)));
                }
            }
        }
    }

    private static ByteBuffer bytes(Map<String, HostTensor> tensors) {
        Map<String, HostTensor> sorted = new TreeMap<>(tensors);
        long count = sorted.values().stream()
                .mapToLong(tensor -> tensor.data().byteSize())
                .sum();
        ByteBuffer bytes = ByteBuffer.allocate(Math.toIntExact(count));
        sorted.values().forEach(tensor -> bytes.put(tensor.data().toArray(ValueLayout.JAVA_BYTE)));
        return bytes.flip();
    }

    private void clip(Backend backend) {
        List<ClipFrame> frames = DemoMoca.frames(FRAMES);
        try (MocaWeights weights = DemoMoca.weights();
                Segmenter moca = DemoMoca.open(backend, weights)) {
            twice("moca, %d frames".formatted(FRAMES), () -> masks(moca.segment(frames)));
        }
    }

    /** Every score and every pixel. */
    private static ByteBuffer masks(List<SegmentedFrame> frames) {
        ByteBuffer bytes = ByteBuffer.allocate(frames.size() << 20).order(ByteOrder.LITTLE_ENDIAN);
        for (SegmentedFrame frame : frames) {
            for (FrameMask.Region region : frame.result().regions()) {
                bytes.putDouble(region.score()).putDouble(region.share());
            }
            BinaryMask mask = frame.result().mask();
            bytes.put(mask.toBytes((byte) 1));
        }
        return bytes.flip();
    }
}
