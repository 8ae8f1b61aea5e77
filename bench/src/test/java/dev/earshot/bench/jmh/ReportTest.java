package dev.earshot.bench.jmh;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ReportTest {
    @TempDir
    Path temporary;

    @BeforeAll
    static void drawWithoutAScreen() {
        System.setProperty("java.awt.headless", "true");
    }

    private Path file(String name, double score) throws IOException {
        return Files.writeString(temporary.resolve(name), """
                [{"benchmark": "dev.earshot.bench.jmh.GraphLaunchBench.replay", "mode": "avgt",
                  "params": {"backendName": "simcuda", "ops": "10"},
                  "primaryMetric": {"score": %s, "scoreError": "NaN", "scoreUnit": "ns/op"}},
                 {"benchmark": "dev.earshot.bench.jmh.LaunchBench.ffm", "mode": "avgt",
                  "primaryMetric": {"score": 14.46, "scoreError": 0.25, "scoreUnit": "ns/op"}}]
                """.formatted(score));
    }

    @Test
    void filesStandSideBySideWithTheirRatio() throws IOException {
        List<Report.Result> results = new ArrayList<>(Report.read(file("before.json", 200)));
        results.addAll(Report.read(file("after.json", 50)));
        Report.write(results, temporary.resolve("out"));
        String text = Files.readString(temporary.resolve("out/results.md"));
        assertTrue(text.contains("""
                | benchmark | unit | before | after | last / first |
                |---|---|---:|---:|---:|
                | replay backendName=simcuda ops=10 | ns/op | 200 | 50.0 | 0.25 |
                """), text);
        assertTrue(text.contains("| ffm | ns/op | 14.5 ± 0.250 | 14.5 ± 0.250 | 1.00 |"), text);
        BufferedImage chart =
                ImageIO.read(temporary.resolve("out/GraphLaunchBench.png").toFile());
        assertEquals(1100, chart.getWidth());
        assertTrue(barPixels(chart) > 5000, "the bars are drawn");
    }

    /** Pixels that are no shade of grey. */
    private static int barPixels(BufferedImage chart) {
        int count = 0;
        for (int y = 0; y < chart.getHeight(); y++) {
            for (int x = 0; x < chart.getWidth(); x++) {
                int rgb = chart.getRGB(x, y);
                int red = rgb >> 16 & 0xff;
                int blue = rgb & 0xff;
                count += Math.abs(red - blue) > 40 ? 1 : 0;
            }
        }
        return count;
    }

    @Test
    void whatIsNoResultOfJmhIsNamed() throws IOException {
        Path other = Files.writeString(temporary.resolve("other.json"), "{\"machine\": {}}");
        IOException failure = assertThrows(IOException.class, () -> Report.read(other));
        assertTrue(failure.getMessage().startsWith(other + ": expected an array of JMH results"), failure.getMessage());
        assertThrows(IOException.class, () -> Report.read(temporary.resolve("none.json")));
    }
}
