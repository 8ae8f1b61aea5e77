package dev.earshot.bench.peers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.earshot.bench.result.Figure;
import dev.earshot.bench.result.FigureFile;
import dev.earshot.tensor.Activation;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.Backends;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.HostTensor;
import dev.earshot.tensor.Linear;
import dev.earshot.tensor.ParameterScope;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** What is told of whole passes, on the simulated device where one was built. */
class PassFiguresTest {
    private static final int WIDTH = 16;
    private static final int LAYERS = 3;

    @TempDir
    private Path folder;

    private static String simulated() {
        boolean built = Files.exists(Path.of(System.getProperty("earshot.simcuda.dir", ""), "libcuda.so.1"));
        assumeTrue(built, "no simulated device; native/build needs g++");
        return "simcuda";
    }

    /** A few layers over rows of filler; each is one product on a device. */
    private static Network layers(String backendName) {
        Backend backend = Backends.open(backendName);
        ParameterScope scope = backend.parameters();
        float[] identity = new float[WIDTH * WIDTH];
        for (int i = 0; i < WIDTH; i++) {
            identity[i * WIDTH + i] = 2;
        }
        Linear layer = scope.linear(HostTensor.of(identity, WIDTH, WIDTH), DType.F32);
        return new Network(backend, scope, LAYERS, List.of(new Network.Input("input.row", WIDTH)), (b, ws, inputs) -> {
            var x = inputs.getFirst();
            for (int i = 0; i < LAYERS; i++) {
                x = b.linear(ws, x, layer, Activation.NONE);
            }
            return x;
        });
    }

    private static Figure find(List<Figure> figures, String group, String name) {
        return figures.stream()
                .filter(figure ->
                        figure.group().endsWith(group) && figure.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new AssertionError(group + ": " + name + " is not among " + figures));
    }

    @Test
    void aPassOnACardTellsCallsMemoryAndHostTime() {
        try (Network network = layers(simulated())) {
            PassFigures of = new PassFigures(network.backend().info(), "fp32", Timing.ONCE, "again", 1L << 40);
            of.measure(network, "layers", 1);
            List<Figure> figures = of.figures();
            assertTrue(figures.stream().allMatch(figure -> figure.group().startsWith("simulated card: whole models")));
            assertEquals(
                    2,
                    find(figures, PassFigures.CALLS, "layers x 1 fp32, replay").value(),
                    "launch and wait");
            Figure ops = find(figures, PassFigures.CALLS, "layers x 1 fp32, op by op");
            assertTrue(ops.value() >= LAYERS + 1, "products and a wait, guard bytes where they are on: " + ops);
            assertEquals("%d of the driver, 3 of libraries".formatted((int) ops.value() - LAYERS), ops.note());
            Figure used = find(figures, PassFigures.MEMORY, "layers x 1 fp32, in use");
            assertTrue(
                    used.note().contains("parameter scope 0.0, ") && used.note().contains("workspace 67.1"),
                    used::note);
            assertTrue(used.value() >= 67.1, () -> used.toString());
            Figure taken = find(figures, PassFigures.MEMORY, "layers x 1 fp32, taken from the card");
            assertTrue(taken.value() > 1e6 - 1e4, "of a terabyte that was said to be free: " + taken);
            double flops = 2.0 * LAYERS * WIDTH * WIDTH;
            assertEquals(
                    flops,
                    find(figures, "whole models", "layers x 1 fp32").work().flops());
            assertEquals(
                    flops,
                    find(figures, PassFigures.OPS, "layers x 1 fp32").work().flops());
            for (String way : List.of(", replay", ", op by op")) {
                assertEquals(
                        "us",
                        find(figures, PassFigures.HOST, "layers x 1 fp32" + way).unit());
            }
        }
    }

    @Test
    void opsOneByOneGiveTheCapturedResult() {
        try (Network network = layers("cpu:1");
                CapturedPass pass = network.capture(2, ops -> ops)) {
            pass.run();
            float[] replayed = pass.output();
            float[] input = new Network.Input("input.row", WIDTH).batch(2).toFloats();
            for (int i = 0; i < input.length; i++) {
                assertEquals(8 * input[i], replayed[i], 1e-5f);
            }
            pass.issue();
            pass.issue();
            pass.await();
            assertTrue(Arrays.equals(replayed, pass.output()), "its result stays where it was");
            assertEquals(LAYERS, network.blocks());
        }
    }

    @Test
    void theBestRateIsThatOfTheBestBatch() {
        try (Network network = layers("cpu:1")) {
            PassFigures of = new PassFigures(network.backend().info(), "fp32", new Timing(3, 0.01), "again", -1);
            double best = 0;
            int bestBatch = 0;
            for (int batch : new int[] {1, 64}) {
                double rate = 1e3 * batch / of.measure(network, "layers", batch).value();
                bestBatch = rate > best ? batch : bestBatch;
                best = Math.max(best, rate);
            }
            Figure rate = of.throughput("layers", network.samples()).orElseThrow();
            assertEquals("whole models, best throughput | layers fp32", rate.group() + " | " + rate.name());
            assertEquals(best, rate.value(), 1e-9 * best);
            assertTrue(rate.low() <= rate.value() && rate.value() <= rate.high(), rate::toString);
            assertEquals("batch %d of [1, 64]".formatted(bestBatch), rate.note());
            assertEquals("clips/s", rate.unit());
            assertTrue(of.throughput("layers", "clips").isEmpty(), "each batch counts once");
            assertTrue(of.figures().stream().noneMatch(figure -> figure.group().equals(PassFigures.MEMORY)));
        }
    }

    @Test
    void theProgramWritesEveryArithmeticOfACard() throws Exception {
        Path out = folder.resolve("models.json");
        String[] arguments = {"--backend", simulated(), "--small", "--models", "sam-vit-b", "--out", out.toString()};
        assertEquals(0, new CommandLine(new ModelBench()).execute(arguments));
        List<Figure> figures = FigureFile.read(out).figures();
        Set<String> latencies = figures.stream()
                .filter(figure -> figure.group().equals("simulated card: whole models"))
                .map(Figure::name)
                .collect(Collectors.toSet());
        for (String precision : List.of("bf16", "tf32")) {
            assertTrue(latencies.contains("sam-vit-b (small) x 1 " + precision), latencies::toString);
        }
        assertFalse(latencies.contains("sam-vit-b (small) x 1 fp32"), latencies::toString);
        assertEquals(2, latencies.size(), "what the option names, alone");
    }
}
