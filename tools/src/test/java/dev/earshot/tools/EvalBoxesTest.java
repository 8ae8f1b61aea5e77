package dev.earshot.tools;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;

/** The command on pictures with boxes, as VGG-SS and its extension have them. */
class EvalBoxesTest extends EvalFixture {
    /** Pictures of the S4-like clips in the layout of VGG-SS, boxed by their masks; in the extension, with swapped sounds. */
    private Path vggSs() throws IOException {
        Path root = Files.createDirectories(out.resolve("vggss"));
        Files.createDirectories(root.resolve("frames"));
        Files.createDirectories(root.resolve("audio"));
        List<String> entries = new ArrayList<>();
        List<String> names = new ArrayList<>();
        Path data = world.resolve("Single-source/s4_data");
        for (String row : Files.readAllLines(world.resolve("Single-source/s4_meta_data.csv"))
                .subList(1, 4)) {
            String id = row.split(",")[0];
            String category = row.split(",")[2];
            String name = "picture-%03d_%06d".formatted(names.size(), 30);
            names.add(name);
            Path inner = Path.of("test", category, id, id + "_3.png");
            BufferedImage picture =
                    ImageIO.read(data.resolve("visual_frames").resolve(inner).toFile());
            ImageIO.write(
                    picture, "jpg", root.resolve("frames/" + name + ".jpg").toFile());
            Files.copy(
                    data.resolve(Path.of("audio_wav", "test", category, id + ".wav")),
                    root.resolve("audio/" + name + ".wav"));
            boolean[] mask = pixels(data.resolve("gt_masks").resolve(inner));
            int[] box = {SIDE, SIDE, 0, 0};
            for (int i = 0; i < mask.length; i++) {
                if (mask[i]) {
                    box[0] = Math.min(box[0], i % SIDE);
                    box[1] = Math.min(box[1], i / SIDE);
                    box[2] = Math.max(box[2], i % SIDE + 1);
                    box[3] = Math.max(box[3], i / SIDE + 1);
                }
            }
            double s = SIDE;
            entries.add("{\"file\": \"%s\", \"class\": \"%s\", \"bbox\": [[%s, %s, %s, %s]]}"
                    .formatted(name, category, box[0] / s, box[1] / s, box[2] / s, box[3] / s));
        }
        Files.writeString(root.resolve("vggss.json"), entries.toString());
        Files.write(root.resolve("vggss_test.csv"), names);
        Files.writeString(
                root.resolve("vggss_test_plus_silent.csv"),
                "video,audio,label\r\n%s,%s,non-sounding\r\n%s,%s,non-sounding\r\n"
                        .formatted(names.get(0), names.get(1), names.get(1), names.get(2)));
        return root;
    }

    private List<String[]> samples() throws IOException {
        return Files.readAllLines(out.resolve("videos.csv")).stream()
                .skip(1)
                .map(row -> row.split(","))
                .toList();
    }

    @Test
    void boxesAreScoredByTheCosinesOfTheTokens() throws IOException {
        Path root = vggSs();
        assertEquals(ExitCodes.OK, run("eval", "vggss", "--data", root, "--out", out), stderr::toString);
        List<Double> ciou =
                samples().stream().map(row -> Double.valueOf(row[3])).toList();
        assertEquals(3, ciou.size());
        double area = 0; // under the curve "share of samples with at least this cIoU"
        for (int i = 0; i < 20; i++) {
            for (int end = i; end <= i + 1; end++) {
                double threshold = 0.05 * end;
                area += 0.025 * ciou.stream().filter(c -> c >= threshold).count() / 3;
            }
        }
        JsonNode figures = metrics().path("figures");
        assertEquals(
                ciou.stream().filter(c -> c >= 0.5).count() / 3.0,
                figures.path("ciou").asDouble(),
                1e-9);
        assertEquals(area, figures.path("auc").asDouble(), 1e-5);
        assertTrue(figures.path("meanMaskIou").asDouble() > 0.2, figures::toString);
        assertFalse(metrics().path("papers").isEmpty()); // not the demo world as far as anyone can tell
        assertTrue(stdout.toString().contains("the published test split has 5158"), stdout.toString());
        assertTrue(stdout.toString().contains("ACL-SSL"), stdout.toString());

        assertEquals(ExitCodes.OK, run("eval", "ext-vggss", "--data", root, "--out", out), stderr::toString);
        List<String[]> samples = samples();
        assertEquals(5, samples.size());
        // Where the sound belongs to the picture, something in it is nearer to the sound than where it does not.
        double own = samples.stream()
                .limit(3)
                .mapToDouble(row -> Double.parseDouble(row[4]))
                .average()
                .orElseThrow();
        double other = samples.stream()
                .skip(3)
                .mapToDouble(row -> Double.parseDouble(row[4]))
                .average()
                .orElseThrow();
        assertTrue(own > other, "confidence %f of own sounds, %f of others".formatted(own, other));
        assertTrue(metrics().path("figures").path("ap").asDouble() > 0, metrics()::toString);
        assertEquals(12, metrics().path("figures").path("subsets").size());
    }
}
