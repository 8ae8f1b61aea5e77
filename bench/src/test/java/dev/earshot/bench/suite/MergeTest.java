package dev.earshot.bench.suite;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.earshot.bench.result.Figure;
import dev.earshot.bench.result.Figure.Better;
import dev.earshot.bench.result.FigureFile;
import dev.earshot.bench.result.Series;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** From files that parts write to results, aims, page and pictures. */
class MergeTest {
    private static final String SIDE_BY_SIDE = """
            {"results": [
              {"model": "pma-scanline", "batch": 8, "blocks": "all", "engine": "earshot", "precision": "fp32",
               "facts": {"flops": 2e9, "bytes": 4e7}, "rounds_millis": [[40, 42], [38, 40]], "median_millis": 40,
               "ratio_to_earshot_median": 1.0, "ratio_to_earshot_range": [1.0, 1.0]},
              {"model": "pma-scanline", "batch": 8, "blocks": "all", "engine": "torch", "precision": "fp32",
               "facts": {}, "rounds_millis": [[200, 210]], "median_millis": 205,
               "ratio_to_earshot_median": 5.0, "ratio_to_earshot_range": [4.5, 5.5]},
              {"model": "pma-scanline", "batch": 8, "blocks": "all", "engine": "torch-compile", "precision": "fp32",
               "facts": {}, "rounds_millis": [[80, 82]], "median_millis": 81,
               "ratio_to_earshot_median": 2.0, "ratio_to_earshot_range": [1.9, 2.1]},
              {"model": "kmeans", "batch": 5, "blocks": "all", "engine": "earshot", "precision": "fp32",
               "facts": {}, "rounds_millis": [[10, 10]], "median_millis": 10},
              {"model": "kmeans", "batch": 5, "blocks": "all", "engine": "faiss", "precision": "fp32",
               "facts": {}, "rounds_millis": [[15, 15]], "median_millis": 15,
               "ratio_to_earshot_median": 1.5, "ratio_to_earshot_range": [1.5, 1.5]}],
             "failures": [{"model": "kmeans", "batch": 5, "reason": "scikit-learn: not there"}]}
            """;

    private static final String JMH = """
            [{"benchmark": "dev.earshot.bench.jmh.EmptyBench.nothing", "measurementTime": "500 ms",
              "primaryMetric": {"score": 2000, "scoreUnit": "us/op", "rawData": [[2000, 2000, 2000]]},
              "secondaryMetrics": {"gc.alloc.rate.norm": {"score": 20, "rawData": [[20, 20, 20]]}}},
             {"benchmark": "dev.earshot.bench.jmh.LinearBench.linear", "measurementTime": "500 ms",
              "params": {"row": "linear 197x768-2304 none f32-f32", "backendName": "cpu"},
              "primaryMetric": {"score": 10000, "scoreUnit": "us/op", "rawData": [[10000, 10000, 10000]]},
              "secondaryMetrics": {"gc.alloc.rate.norm": {"score": 9999, "rawData": [[150, 110, 99999]]}}},
             {"benchmark": "dev.earshot.bench.jmh.ForwardBench.forward", "measurementTime": "1 s",
              "params": {"modelBatch": "dino-vitb16:1", "backendName": "cpu"},
              "primaryMetric": {"score": 100, "scoreUnit": "ms/op", "rawData": [[100, 100, 100]]},
              "secondaryMetrics": {"gc.alloc.rate.norm": {"score": 2500, "rawData": [[2500, 2600, 99999]]}}}]
            """;

    @TempDir
    private Path folder;

    private Setting setting;

    @BeforeEach
    void writeFiles() throws Exception {
        setting = new Setting(folder, Files.createDirectory(folder.resolve("raw")), 2, false, "python3", "cuda");
        List<Figure> peaks =
                List.of(peak(Peaks.FMA + Peaks.ALL, "GFLOP/s", 100), peak(Peaks.STREAM + Peaks.ALL, "GB/s", 10));
        new FigureFile(MadeUp.machine("box"), peaks, List.of()).write(raw("peaks.json"));
        Files.writeString(raw("jmh.json"), JMH);
        Files.writeString(raw("peers-matching.json"), SIDE_BY_SIDE);
    }

    private static Figure peak(String name, String unit, double value) {
        return new Figure(Peaks.GROUP, name, "earshot", unit, value, value, value, 3, Better.HIGHER, "again", "");
    }

    private Path raw(String file) {
        return setting.raw().resolve(file);
    }

    private ResultFile merge(Outcome... outcomes) {
        return Merge.of(setting, new RunFacts(MadeUp.machine("box"), 0.5, 2, false), List.of(outcomes));
    }

    private static Result find(ResultFile run, String name, String engine) {
        return run.results().stream()
                .filter(result -> result.figure().name().equals(name)
                        && result.figure().engine().equals(engine))
                .findFirst()
                .orElseThrow(() -> new AssertionError(name + " of " + engine + " is missing"));
    }

    @Test
    void ratesAndSharesReferToTheMeasuredPeak() {
        Rate matching = find(merge(), "pma-scanline x 8 fp32", "earshot").rate();
        assertEquals(50, matching.gigaflops(), 1e-9); // 2 GFLOP in 40 ms
        assertEquals(1, matching.gigabytes(), 1e-9);
        assertEquals(0.5, matching.share(), 1e-9);
        assertEquals("compute", matching.limit());
        Rate peer = find(merge(), "pma-scanline x 8 fp32", "torch").rate();
        assertEquals(2e9 / 205e6, peer.gigaflops(), 1e-9);
    }

    @Test
    void aShortOpPerByteIsLimitedByMemory() {
        Rate rate = Rate.of(1e6, 1e9, 0.2, new Yardstick(100, 10));
        assertEquals("memory", rate.limit());
        assertEquals(0.5, rate.share(), 1e-12);
        assertTrue(Double.isNaN(Rate.of(1, 1, 1, Yardstick.of(List.of())).share()));
    }

    @Test
    void oursStandsBesideTheBestPeer() {
        Beside beside = find(merge(), "pma-scanline x 8 fp32", "earshot").beside();
        assertEquals(new Beside("torch-compile", 2.0, 1.9, 2.1), beside);
    }

    @Test
    void allocationIsWithoutThatOfJmh() {
        ResultFile run = merge();
        // 250 calls of 20 bytes: 5,000 bytes of JMH's own in each iteration, 100 of them in each of 50 calls.
        assertEquals(0, find(run, "linear 197x768-2304 none f32-f32", "earshot").allocated());
        // 10 calls in an iteration, so 500 bytes of 2,500 are JMH's.
        assertEquals(2000, find(run, "dino-vitb16 x 1 fp32", "earshot").allocated(), 1e-9);
        assertEquals(
                100_000, find(run, "dino-vitb16 x 1 fp32", "earshot").figure().value(), 1e-9);
    }

    @Test
    void rowsOfTheOpTableGetTheirRates() {
        Rate rate = find(merge(), "linear 197x768-2304 none f32-f32", "earshot").rate();
        assertEquals(2.0 * 197 * 768 * 2304 / 1e7, rate.gigaflops(), 1e-9);
    }

    @Test
    void aimsAreMetMissedOrNotMeasured() {
        Map<String, String> verdicts =
                merge().aims().stream().collect(Collectors.toMap(Aim.Verdict::name, Aim.Verdict::verdict));
        assertEquals("met", verdicts.get("PMA forward and backward beside PyTorch eager"));
        assertEquals("missed", verdicts.get("k-means 5 x 256 x 1280, K = 4 beside faiss"));
        assertEquals("not measured", verdicts.get("k-means 5 x 256 x 1280, K = 4 beside scikit-learn"));
        assertEquals("missed", verdicts.get("allocation of a steady-state forward pass"));
        assertEquals("not measured", verdicts.get("process start to first demo mask"));
    }

    @Test
    void aRepeatedWorkloadKeepsTheFirstFigureAndTheFirstRatio() {
        Result alone = MadeUp.result(MadeUp.figure("pass", Result.OURS, Figure.Better.LOWER, 1, 2, 3));
        Figure again = MadeUp.figure("pass", Result.OURS, Figure.Better.LOWER, 4, 5, 6);
        Beside first = new Beside("torch", 7, 6, 8);
        Result beside = new Result(again, Rate.NONE, first, Double.NaN);
        Result third = new Result(again, Rate.NONE, new Beside("onnxruntime", 2, 1, 3), Double.NaN);

        List<Result> once = Merge.once(List.of(alone, beside, third));

        assertEquals(1, once.size());
        assertEquals(alone.figure(), once.getFirst().figure());
        assertEquals(first, once.getFirst().beside());
    }

    @Test
    void figuresOfOneNameAreSetBesideEachOther() {
        Figure ours = MadeUp.figure("load", "earshot", Better.LOWER, 9, 10, 11);
        Figure one = MadeUp.figure("load", "one", Better.LOWER, 19, 20, 21);
        Figure two = MadeUp.figure("load", "two", Better.LOWER, 29, 30, 33);
        List<Result> results = FigureResults.of(List.of(ours, two, one), Limits.of(new Yardstick(1, 1)));
        assertEquals(
                new Beside("one", 2, 19.0 / 11, 21.0 / 9), results.getFirst().beside());
        Figure faster = MadeUp.figure("rate", "earshot", Better.HIGHER, 30, 40, 50);
        Figure slower = MadeUp.figure("rate", "one", Better.HIGHER, 10, 10, 10);
        assertEquals(
                new Beside("one", 4, 3, 5),
                FigureResults.of(List.of(faster, slower), Limits.of(new Yardstick(1, 1)))
                        .getFirst()
                        .beside());
    }

    @Test
    void whatIsMissingOrBrokenIsOnThePage() throws Exception {
        Files.writeString(raw("scaling.json"), "{ broken");
        Outcome failed =
                new Outcome("start", "cpu", "start", "start.json", Outcome.FAILED, 3, "ended with status 1: no");
        Outcome skipped =
                new Outcome("footprint", "cpu", "footprint", "footprint.json", Outcome.NOT_RUN, 0, "--peers runs it");
        ResultFile run = merge(failed, skipped);
        String page = Page.of(run, Map.of("ratios.png", "ratios"));
        for (String words : List.of(
                "- start: failed: ended with status 1: no",
                "- footprint: not run: --peers runs it",
                "- kmeans x 5: scikit-learn: not there",
                "- scaling.json: cannot be read",
                "![ratios](ratios.png)",
                "| PMA forward and backward beside PyTorch eager | ≥ 4 x | 5 x | met |",
                "| pma-scanline x 8 fp32 | earshot | 40 ms | 38–42 | 50 | 1 | 20 ms (x 2) | 50 % compute | 2 (1.90–2.10) torch-compile |",
                "100 fp32 GFLOP/s",
                "commit abc1234")) {
            assertTrue(page.contains(words), () -> words + " is not in\n" + page);
        }
    }

    @Test
    void picturesAreMadeOfWhatWasMeasured() throws Exception {
        List<Series.Point> points = List.of(Series.Point.of(1, 5), Series.Point.of(10, 50), Series.Point.of(60, 300));
        Series series = new Series("scaling", "segment", "earshot", "clip length, s", "s", points, 1, "", "again");
        new FigureFile(MadeUp.machine("box"), List.of(), List.of(series)).write(raw("scaling.json"));
        Files.writeString(folder.resolve("old.png"), "of an earlier merge");
        Map<String, String> plots = Plots.write(merge(), folder);
        assertEquals(List.of("ratios.png", "roofline.png", "against-clip-length-s-s.png"), List.copyOf(plots.keySet()));
        for (String plot : plots.keySet()) {
            assertTrue(ImageIO.read(folder.resolve(plot).toFile()).getWidth() == 1000, plot);
        }
        assertTrue(Files.notExists(folder.resolve("old.png")));
    }

    @Test
    void theReadmeGetsTheNewestFiguresBetweenItsMarkers() throws Exception {
        Path readme = Files.writeString(
                folder.resolve("README.md"), "before\n" + Readme.BEGIN + "\nold\n" + Readme.END + "\nbehind\n");
        Readme.update(readme, merge(), folder.resolve("bench/results/box/2030-01-02"));
        String text = Files.readString(readme);
        assertTrue(text.startsWith("before\n" + Readme.BEGIN + "\nSome CPU, 2 threads, 2030-01-02"), text);
        assertTrue(text.endsWith(Readme.END + "\nbehind\n"), text);
        assertTrue(text.contains("(bench/results/box/2030-01-02/README.md)"), text);
        assertTrue(text.contains("| PMA forward and backward beside PyTorch eager | 5 x | ≥ 4 x, met |"), text);
        assertTrue(!text.contains("old") && !text.contains("not measured"), text);
    }
}
