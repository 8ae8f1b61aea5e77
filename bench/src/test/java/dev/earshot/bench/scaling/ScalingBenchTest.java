package dev.earshot.bench.scaling;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.earshot.bench.peers.Workload;
import dev.earshot.bench.result.FigureFile;
import dev.earshot.bench.result.Machine;
import dev.earshot.bench.result.ResidentMemory;
import dev.earshot.bench.result.Series;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ScalingBenchTest {
    @TempDir
    Path temporary;

    /** Counts its runs. */
    private static final class Counting implements Workload {
        private int runs;

        @Override
        public void run() {
            runs++;
        }

        @Override
        public float[] output() {
            return new float[0];
        }

        @Override
        public Map<String, Object> facts() {
            return Map.of();
        }

        @Override
        public void close() {}
    }

    @Test
    void aPointAnswersCommands() {
        Counting workload = new Counting();
        assertTrue(Double.parseDouble(PointProcess.answer(workload, "run 3")) >= 0);
        assertEquals(3, workload.runs);
        assertThrows(IllegalArgumentException.class, () -> PointProcess.answer(workload, "stop"));
    }

    @Test
    void workloadsOfASideGrowWithIt() {
        assertEquals(1 + 14 * 14, tokens(ScalingWorkloads.DINO_SIDE, 224, 384));
        assertEquals(1 + 20 * 20, tokens(ScalingWorkloads.DINO_SIDE, 320, 384));
        assertEquals(8 * 8, tokens(ScalingWorkloads.SAM_SIDE, 128, 256));
    }

    private static int tokens(String name, int size, int width) {
        try (Workload workload = ScalingWorkloads.open(name, size, "cpu:1")) {
            workload.run();
            return workload.output().length / width;
        }
    }

    @Test
    void anUnknownWorkloadIsRefused() {
        assertThrows(IllegalArgumentException.class, () -> ScalingWorkloads.open("vit", 1, "cpu:1"));
    }

    @Test
    void memoryIsReadFromAProcessStatus() {
        List<String> status = List.of("Name:\tjava", "VmHWM:\t  250000 kB", "VmRSS:\t  125000 kB", "Threads:\t9");
        assertEquals(256, ResidentMemory.parse(status, "VmHWM:"), 1e-9);
        assertEquals(128, ResidentMemory.parse(status, "VmRSS:"), 1e-9);
        assertEquals(0, ResidentMemory.parse(List.of("Name:\tended"), "VmHWM:"));
    }

    @Test
    void stagesAreReadFromTheSummary() throws IOException {
        String line = """
                {"status": "summary", "clips": 2, "stages": {"wallSeconds": 4, "framesPerSecond": 5, "bottleneck": "compute",
                "decode": {"busySeconds": 1, "share": 0.25, "framesPerSecond": 20, "parts": {}},
                "compute": {"busySeconds": 4, "share": 1, "framesPerSecond": 5, "parts": {}}}}""";
        Map<String, SegmentRun.Stage> stages = SegmentRun.stages(line);
        assertEquals(List.of("decode", "compute"), List.copyOf(stages.keySet()));
        assertEquals(new SegmentRun.Stage(0.25, 20), stages.get("decode"));
    }

    @Test
    void aCurveSaysWhyItBendsOnlyWhenItDoes() {
        List<Series.Point> bent = List.of(
                Series.Point.of(1, 1),
                Series.Point.of(10, 1),
                Series.Point.of(100, 1),
                Series.Point.of(1000, 10),
                Series.Point.of(10000, 100));
        Curves curves = new Curves();
        curves.add("work", "size", "s", bent, "command", "start-up", "nothing");
        curves.add("more work", "size", "s", bent.subList(2, 5), "command", "start-up", "nothing");
        assertEquals(
                "from 0.0 below 100 to 1.0 above: start-up",
                curves.series().get(0).bend());
        assertEquals("", curves.series().get(1).bend());
        assertEquals(1, curves.series().get(1).exponent(), 1e-12);
        String line = ScalingBench.line(curves.series().get(1));
        assertEquals("more work against size: 100: 1.00 1,000: 10.0 10,000: 100 s; exponent 1.00", line);
    }

    @Test
    void curvesWithoutExponentSurviveTheirFile() throws IOException {
        Curves curves = new Curves();
        curves.add("time", "threads", "ms", List.of(Series.Point.of(1, 4), Series.Point.of(2, 2)), "command", "", "");
        Path file = temporary.resolve("scaling.json");
        new FigureFile(Machine.here(), curves.figures(), curves.series()).write(file);
        Series read = FigureFile.read(file).series().getFirst();
        assertTrue(Double.isNaN(read.exponent()));
        assertEquals(curves.series().getFirst().points(), read.points());
    }
}
