package dev.earshot.bench.suite;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.earshot.bench.device.DevicePeaks;
import dev.earshot.bench.result.Card;
import dev.earshot.bench.result.Figure;
import dev.earshot.bench.result.Figure.Better;
import dev.earshot.bench.result.FigureFile;
import dev.earshot.bench.work.Work;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.cases.OpCase;
import dev.earshot.tensor.cases.OpCases;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the parts of a card write, merged beside what those of a processor wrote; nobody measured any of it. */
class CardMergeTest {
    private static final String ROW = "linear 197x768-2304 none bf16-bf16";
    private static final String CARD = "cuda:0: Some Card, compute capability 9.0, 100 GB, libcublasLt 13";

    private static final String JMH = """
            [{"benchmark": "dev.earshot.bench.jmh.LinearBench.linear", "measurementTime": "500 ms",
              "params": {"row": "linear 197x768-2304 none bf16-bf16", "backendName": "BACKEND"},
              "primaryMetric": {"score": 50, "scoreUnit": "us/op", "rawData": [[50, 50, 50]]},
              "secondaryMetrics": {"gc.alloc.rate.norm": {"score": 70, "rawData": [[70, 70, 70]]}}},
             {"benchmark": "dev.earshot.bench.jmh.ForwardBench.forward", "measurementTime": "1 s",
              "params": {"modelBatch": "dino-vitb16:1", "backendName": "BACKEND"},
              "primaryMetric": {"score": 2, "scoreUnit": "ms/op", "rawData": [[2, 2, 2]]},
              "secondaryMetrics": {"gc.alloc.rate.norm": {"score": 900, "rawData": [[900, 900, 900]]}}}]
            """;

    private static final String IMAGES = """
            {"machine": {"device": "cuda", "cards": ["Some Card, 580.1, 100000 MiB"]},
             "results": [
              {"model": "dino-vitb16", "batch": 1, "blocks": "all", "engine": "earshot", "precision": "bf16", "device": "cuda",
               "facts": {"backend": "BACKEND", "flops": 4e10, "bytes": 2e8}, "rounds_millis": [[1, 1], [1, 1]],
               "ratio_to_earshot_median": 1.0, "ratio_to_earshot_range": [1, 1]},
              {"model": "dino-vitb16", "batch": 1, "blocks": "all", "engine": "torch-graph", "precision": "bf16",
               "device": "cuda", "facts": {"torch": "2", "card": "Some Card"}, "rounds_millis": [[2, 2], [2, 2]],
               "ratio_to_earshot_median": 2.0, "ratio_to_earshot_range": [1.9, 2.1]},
              {"model": "dino-vitb16", "batch": 8, "blocks": "all", "engine": "earshot", "precision": "bf16", "device": "cuda",
               "facts": {"backend": "BACKEND", "flops": 3.2e11, "bytes": 6e8}, "rounds_millis": [[4, 4]],
               "ratio_to_earshot_median": 1.0, "ratio_to_earshot_range": [1, 1]},
              {"model": "dino-vitb16", "batch": 8, "blocks": "all", "engine": "earshot", "precision": "tf32", "device": "cuda",
               "facts": {"backend": "BACKEND", "flops": 3.2e11, "bytes": 6e8}, "rounds_millis": [[4, 4]],
               "ratio_to_earshot_median": 1.0, "ratio_to_earshot_range": [1, 1]},
              {"model": "dino-vitb16", "batch": 1, "blocks": "all", "engine": "earshot", "precision": "int8", "device": "cuda",
               "facts": {"backend": "BACKEND"}, "rounds_millis": [[0.1]]}],
             "failures": [{"model": "dino-vitb16", "batch": 64, "reason": "torch bf16: out of memory"}]}
            """;

    @TempDir
    private Path folder;

    private Setting setting;

    @BeforeEach
    void makeFolder() throws Exception {
        setting = new Setting(folder, Files.createDirectory(folder.resolve("raw")), 2, false, "python3", "cuda");
    }

    /** As DeviceBench, ModelBench, JmhSuite and bench/side-by-side write them on this backend. */
    private void writeFiles(String backend) throws Exception {
        String prefix = Card.prefix(backend);
        OpCase row = OpCases.all().stream()
                .filter(each -> each.name().equals(ROW))
                .findFirst()
                .orElseThrow();
        Work work = new Work(row.flops(), row.bytes());
        String device = CARD.replace("cuda:0", backend);
        List<Figure> figures = List.of(
                one(prefix + DevicePeaks.GROUP, DevicePeaks.COPY, "GB/s", 4000, Better.HIGHER),
                one(prefix + DevicePeaks.GROUP, DevicePeaks.BF16, "GFLOP/s", 800_000, Better.HIGHER),
                one(prefix + DevicePeaks.GROUP, DevicePeaks.TF32, "GFLOP/s", 400_000, Better.HIGHER),
                one(prefix + DevicePeaks.GROUP, DevicePeaks.FP32, "GFLOP/s", 50_000, Better.HIGHER),
                Figure.of(
                                prefix + "ops, cold caches",
                                ROW,
                                "earshot",
                                "us",
                                new double[] {9, 10, 11},
                                Better.LOWER,
                                "again")
                        .withWork(work),
                one(prefix + "ops, warm caches", ROW, "us", 5, Better.LOWER).withWork(work));
        new FigureFile(MadeUp.machine("box"), device, figures, List.of()).write(raw("cuda-device.json"));
        Figure model = one(prefix + "whole models", "dino-vitb16 x 1 bf16", "ms", 1.5, Better.LOWER);
        new FigureFile(MadeUp.machine("box"), device, List.of(model), List.of()).write(raw("cuda-models.json"));
        Files.writeString(raw("cuda-jmh.json"), JMH.replace("BACKEND", backend));
        Files.writeString(raw("cuda-peers-images.json"), IMAGES.replace("BACKEND", backend));
    }

    private static Figure one(String group, String name, String unit, double value, Better better) {
        return Figure.of(group, name, "earshot", unit, new double[] {value}, better, "again");
    }

    private Path raw(String file) {
        return setting.raw().resolve(file);
    }

    private ResultFile merge() {
        return Merge.of(setting, new RunFacts(MadeUp.machine("box"), 0.5, 2, false), List.of());
    }

    private static Result find(ResultFile run, String group, String name) {
        return run.results().stream()
                .filter(result -> result.figure().group().equals(group)
                        && result.figure().name().equals(name)
                        && result.isOurs())
                .findFirst()
                .orElseThrow(() -> new AssertionError(group + ": " + name + " is missing"));
    }

    @Test
    void sharesReferToTheCardsOwnPeakOfTheSameType() throws Exception {
        writeFiles("cuda:0");
        ResultFile run = merge();
        assertEquals(List.of("dino-vitb16 x 64: torch bf16: out of memory"), run.failures());
        Rate cold = find(run, "card: ops, cold caches", ROW).rate();
        double gigaflops = 2.0 * 197 * 768 * 2304 / 10e3;
        assertEquals(gigaflops, cold.gigaflops(), 1e-6 * gigaflops);
        assertEquals(Math.max(gigaflops / 800_000, cold.gigabytes() / 4000), cold.share(), 1e-9);
        Rate ofJmh = find(run, "card: ops", ROW).rate();
        assertEquals(gigaflops / 5, ofJmh.gigaflops(), 1e-6 * gigaflops);
        Rate model = find(run, "card: beside others", "dino-vitb16 x 1 bf16").rate();
        assertEquals(40_000, model.gigaflops(), 1e-6);
        assertEquals(0.05, model.share(), 1e-9);
        Rate inTf32 = find(run, "card: beside others", "dino-vitb16 x 8 tf32").rate();
        assertEquals(0.2, inTf32.share(), 1e-9, "80 TFLOP/s of 400");
        assertEquals(1, find(run, "card: peaks", DevicePeaks.COPY).rate().share(), 1e-9);
    }

    @Test
    void everyWayOfTimingAnOpOrAModelKeepsItsOwnFigure() throws Exception {
        writeFiles("cuda:0");
        ResultFile run = merge();
        assertEquals(
                4,
                run.results().stream()
                        .filter(result -> result.figure().name().equals("dino-vitb16 x 1 bf16") && result.isOurs()
                                || result.figure().name().equals("dino-vitb16 x 1 fp32")
                                || result.figure().group().equals("card: ops"))
                        .count(),
                "one by ModelBench, two by JMH, one beside peers");
        String page = Page.of(run, Map.of());
        assertTrue(page.contains("| " + ROW + " | 10 us | 9–11 |"), page);
    }

    @Test
    void moreThanThePeakAllowsStandsOut() throws Exception {
        writeFiles("cuda:0");
        Files.writeString(
                raw("cuda-peers-images.json"),
                Files.readString(raw("cuda-peers-images.json")).replace("4e10", "1e12"));
        String page = Page.of(merge(), Map.of());
        assertTrue(page.contains("| 1.25 ms (x 0.800) | **125 % compute** |"), page);
    }

    @Test
    void figuresOfACardMeetNoAimOfTheProcessor() throws Exception {
        writeFiles("cuda:0");
        List<Aim.Verdict> ofProcessor = merge().aims().subList(0, Aims.ALL.size());
        for (Aim.Verdict aim : ofProcessor) {
            assertFalse(aim.name().startsWith(Card.PREFIX), aim.name());
            assertEquals("not measured", aim.verdict(), aim.name());
        }
    }

    @Test
    void theCardStandsInTheHeadAndHasPicturesOfItsOwn() throws Exception {
        writeFiles("cuda:0");
        ResultFile run = merge();
        run.write(folder);
        assertEquals(run, Committed.in(folder));
        Map<String, String> plots = Plots.write(run, folder);
        assertEquals(
                List.of("ratios-card.png", "roofline-card.png", "against-card-batch-ms.png"),
                List.copyOf(plots.keySet()));
        for (String plot : plots.keySet()) {
            assertEquals(1000, ImageIO.read(folder.resolve(plot).toFile()).getWidth(), plot);
        }
        String page = Page.of(run, plots);
        assertTrue(page.contains("| card | " + CARD + " |"), page);
        assertTrue(
                page.contains(
                        "| dino-vitb16 x 1 bf16 | earshot | 1 ms | 1–1 | 40,000 | 200 | 0.0500 ms (x 20) | 5 % compute | 2 (1.90–2.10) torch-graph |"),
                page);
        assertFalse(page.contains("simulated"), page);
    }

    @Test
    void theSimulatedDeviceIsNeverACard() throws Exception {
        writeFiles("simcuda:0");
        ResultFile run = merge();
        assertEquals(List.of("dino-vitb16 x 64: torch bf16: out of memory"), run.failures());
        for (Result result : run.results()) {
            assertTrue(result.figure().group().startsWith("simulated card: "), result::key);
            assertTrue(Double.isNaN(result.rate().share()), result::key);
        }
        assertTrue(Plots.write(run, folder).isEmpty());
        assertTrue(Page.of(run, Map.of()).contains("**The card is simulated by a program on the processor"));
        assertTrue(new Comparison(run, merge()).missing().isEmpty());
    }

    @Test
    void anotherCardIsNotComparedAndTheSameOneIs() throws Exception {
        writeFiles("cuda:0");
        ResultFile before = merge();
        Figure slower = one("card: whole models", "dino-vitb16 x 1 bf16", "ms", 3, Better.LOWER);
        new FigureFile(MadeUp.machine("box"), CARD, List.of(slower), List.of()).write(raw("cuda-models.json"));
        Comparison same = new Comparison(before, merge());
        assertTrue(same.failed(), same::text);
        assertEquals(1, same.losses().getFirst().share(), 1e-9);
        for (String file : List.of("cuda-device.json", "cuda-models.json")) {
            Files.writeString(raw(file), Files.readString(raw(file)).replace("Some Card", "Another Card"));
        }
        Comparison other = new Comparison(before, merge());
        assertFalse(other.failed(), other::text);
        assertTrue(other.text().contains("before cuda:0: Some Card, now cuda:0: Another Card"), other::text);
    }

    @Test
    void rowsThatComputeInBf16SayIt() {
        for (OpCase row : OpCases.all()) {
            if (row.precision() == DType.BF16 && row.flops() > 0) {
                assertTrue(row.name().contains("bf16"), row.name());
            }
        }
    }
}
