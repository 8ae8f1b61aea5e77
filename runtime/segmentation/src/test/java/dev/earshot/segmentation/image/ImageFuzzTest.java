package dev.earshot.segmentation.image;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.earshot.segmentation.support.MutationFuzzer;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("fuzz")
class ImageFuzzTest {
    private static final ImageLimits SMALL = new ImageLimits(2000, 1_000_000, 1 << 20);

    @Test
    void damagedPngIsReadOrRefusedByName() throws IOException {
        List<byte[]> seeds = new ArrayList<>();
        for (SamplePng kind : SamplePng.values()) {
            seeds.add(Samples.png(kind.image(13, 9), false));
            seeds.add(Samples.png(kind.image(13, 9), true));
        }
        var outcome =
                new MutationFuzzer(seeds, f -> ImageFiles.decode(f, "x", SMALL), Samples::repairPng).run(20_000, 7);
        assertTrue(outcome.accepted() > 100 && outcome.refused() > 1000, outcome.toString());
    }

    @Test
    void damagedJpegIsReadOrRefusedByName() throws IOException {
        List<byte[]> seeds = new ArrayList<>();
        for (SamplePng kind : new SamplePng[] {SamplePng.RGB, SamplePng.GREY8}) {
            byte[] file = Samples.jpeg(kind.image(24, 17));
            seeds.add(file);
            seeds.add(Samples.withOrientation(file, 6, true));
        }
        seeds.add(Samples.cmykJpeg(16, 9, 1, 200, 30, 4));
        var outcome = new MutationFuzzer(seeds, f -> ImageFiles.decode(f, "x", SMALL), f -> {}).run(5_000, 8);
        assertTrue(outcome.accepted() > 100 && outcome.refused() > 500, outcome.toString());
    }
}
