package dev.earshot.tools.demoworld;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.earshot.segmentation.BinaryMask;
import dev.earshot.segmentation.datasets.Benchmark;
import dev.earshot.segmentation.datasets.BenchmarkKind;
import dev.earshot.segmentation.datasets.Benchmarks;
import dev.earshot.segmentation.datasets.LabelBenchmark;
import dev.earshot.segmentation.datasets.LabelClip;
import dev.earshot.segmentation.datasets.MaskBenchmark;
import dev.earshot.segmentation.datasets.MaskClip;
import dev.earshot.segmentation.datasets.PredictionFolder;
import dev.earshot.segmentation.datasets.PredictionWriter;
import dev.earshot.segmentation.metrics.AvsbenchMetric;
import dev.earshot.segmentation.metrics.SemanticMetric;
import dev.earshot.segmentation.metrics.SemanticSettings;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The benchmarks' readers find in the demo world what its generator knows. */
class DemoWorldReadersTest {
    private static final int SIZE = 64;

    @TempDir
    Path out;

    private final DemoWorld world = new DemoWorld(Split.TEST, 3, SIZE, null);

    private Benchmark written(DemoWorld.Layout layout, BenchmarkKind kind, int clips) {
        world.write(layout, clips, out, done -> {});
        Benchmark benchmark = Benchmarks.open(kind, out);
        assertEquals(clips, benchmark.clips().size());
        assertFalse(benchmark.comparable());
        assertTrue(benchmark.source().demo());
        return benchmark;
    }

    @Test
    void masksAreThoseOfTheGenerator() {
        for (DemoWorld.Layout layout : List.of(DemoWorld.Layout.S4, DemoWorld.Layout.MS3)) {
            MaskBenchmark benchmark = (MaskBenchmark) written(layout, BenchmarkKind.valueOf(layout.name()), 2);
            for (int i = 0; i < 2; i++) {
                DemoClip clip = world.clip(layout, i);
                for (int s = 0; s < 5; s++) {
                    BinaryMask truth = BinaryMask.of(SIZE, SIZE, clip.soundingMask(clip.frameOfSecond(s), s));
                    assertEquals(truth, benchmark.clips().get(i).target(s));
                }
            }
        }
    }

    @Test
    void labelMapsAreThoseOfTheGenerator() {
        LabelBenchmark benchmark = (LabelBenchmark) written(DemoWorld.Layout.AVSS, BenchmarkKind.AVSS, 3);
        assertEquals(
                List.of("v1s", "v1m", "v2"),
                benchmark.clips().stream().map(LabelClip::category).toList());
        for (int i = 0; i < 3; i++) {
            DemoClip clip = world.clip(DemoWorld.Layout.AVSS, i);
            for (int s = 0; s < clip.seconds(); s++) {
                assertArrayEquals(
                        clip.soundingClasses(clip.frameOfSecond(s), s),
                        benchmark.clips().get(i).target(s).labels());
            }
        }
        for (ObjectClass kind : ObjectClass.values()) {
            assertEquals(kind.label(), benchmark.classes().name(kind.ordinal() + 1));
        }
    }

    @Test
    void theTruthItselfScoresOneAsAFolderOfPredictions() {
        MaskBenchmark masks = (MaskBenchmark) written(DemoWorld.Layout.MS3, BenchmarkKind.MS3, 2);
        LabelBenchmark labels = (LabelBenchmark) written(DemoWorld.Layout.AVSS, BenchmarkKind.AVSS, 3);
        PredictionWriter writer = new PredictionWriter(out.resolve("masks"));
        AvsbenchMetric ms3 = new AvsbenchMetric();
        for (MaskClip clip : masks.clips()) {
            for (int k = 0; k < 5; k++) {
                writer.write(clip, k, clip.target(k));
            }
            ms3.add(
                    clip.id(),
                    clip.category(),
                    new PredictionFolder(out.resolve("masks")).masks(clip, SIZE, SIZE),
                    clip.targets());
        }
        assertEquals(1, ms3.result().reported().miou(), 1e-6);
        assertEquals(1, ms3.result().reported().fscore(), 1e-6);

        SemanticMetric avss =
                new SemanticMetric(new SemanticSettings(labels.classes().size(), 10, SemanticSettings.Padded.COUNT));
        PredictionFolder predictions = new PredictionFolder(out.resolve("masks"));
        for (LabelClip clip : labels.clips()) {
            for (int k = 0; k < clip.frames().size(); k++) {
                writer.write(clip, k, clip.target(k));
            }
            avss.add(clip.id(), clip.category(), predictions.labels(clip, 224, 224), clip.targets(224, 224));
        }
        assertEquals(1, avss.result().present().miou(), 1e-9);
        assertEquals(10, avss.result().paddedFrames());
    }
}
