package dev.earshot.tools;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

/** The command on miniature trees of the demo world; long because each benchmark has a tree of its own to be scored on. */
class EvalCommandTest extends EvalFixture {
    /** Masks of all frames of a folder of the truth, beside those at the same place below the predictions. */
    private record Pair(boolean[] truth, boolean[] ours) {
        private double count(boolean inTruth, boolean inOurs) {
            int n = 0;
            for (int i = 0; i < truth.length; i++) {
                n += truth[i] == inTruth && ours[i] == inOurs ? 1 : 0;
            }
            return n;
        }

        double iou() {
            double hits = count(true, true);
            double wanted = hits + count(true, false);
            return wanted == 0 ? count(false, false) / truth.length : hits / (wanted + count(false, true));
        }

        double f(boolean everything) {
            double hits = count(true, true);
            double wanted = hits + count(true, false);
            double drawn = everything ? truth.length : hits + count(false, true);
            double precision = (everything ? wanted : hits) / Math.max(drawn, 1e-20);
            double recall = (everything ? wanted : hits) / wanted;
            double f = 1.3 * precision * recall / (0.3 * precision + recall);
            return Double.isNaN(f) ? 0 : f;
        }
    }

    private List<List<Pair>> pairs(Path truths, List<Path> clips) throws IOException {
        List<List<Pair>> all = new ArrayList<>();
        for (Path clip : clips) {
            List<Pair> frames = new ArrayList<>();
            for (int k = 1; k <= 5; k++) {
                Path file = clip.resolve(clip.getFileName() + "_" + k + ".png");
                frames.add(new Pair(
                        pixels(truths.resolve(file)),
                        pixels(out.resolve("predictions").resolve(file))));
            }
            all.add(frames);
        }
        return all;
    }

    /** The definition written down once more: each batch one IoU and, over its sounding frames, one threshold. */
    private static double[] score(List<List<Pair>> videos, int perBatch) {
        double iou = 0;
        double f = 0;
        int batches = 0;
        for (int from = 0; from < videos.size(); from += perBatch, batches++) {
            List<Pair> frames = videos.subList(from, Math.min(videos.size(), from + perBatch)).stream()
                    .flatMap(List::stream)
                    .toList();
            iou += frames.stream().mapToDouble(Pair::iou).average().orElseThrow();
            List<Pair> sounding = frames.stream()
                    .filter(p -> p.count(true, true) + p.count(true, false) > 0)
                    .toList();
            double ours =
                    sounding.stream().mapToDouble(p -> p.f(false)).average().orElse(0);
            double everything =
                    sounding.stream().mapToDouble(p -> p.f(true)).average().orElse(0);
            f += Math.max(ours, everything);
        }
        return new double[] {iou / batches, f / batches};
    }

    @Test
    void figuresAreThoseOfTheWrittenMasks() throws IOException {
        assertEquals(
                ExitCodes.OK, run("eval", "ms3", "--data", world, "--out", out, "--batch-videos", 2), stderr::toString);

        Path root = world.resolve("Multi-sources");
        List<Path> clips = Files.readAllLines(root.resolve("ms3_meta_data.csv")).stream()
                .skip(1)
                .map(row -> Path.of("test", row.split(",")[0]))
                .toList();
        List<List<Pair>> videos = pairs(root.resolve("ms3_data/gt_masks"), clips);
        double[] byTwo = score(videos, 2);
        double[] byOne = score(videos, 1);
        JsonNode figures = metrics().path("figures");
        assertEquals(byTwo[0], figures.path("miou").asDouble(), 1e-6);
        assertEquals(byTwo[1], figures.path("fscore").asDouble(), 1e-6);
        assertEquals(
                byOne[1], figures.path("byBatchSize").path(1).path("fscore").asDouble(), 1e-6);
        assertTrue(byTwo[0] > 0.3, "masks of nothing: " + byTwo[0]);
        assertTrue(figures.path("emptyTargets").asInt() >= 3, figures::toString); // a silent second in each clip
        List<String> rows = Files.readAllLines(out.resolve("videos.csv"));
        assertEquals("video,class,frames,empty_targets,empty_masks,iou,f", rows.getFirst());
        assertEquals(4, rows.size());
        for (int i = 0; i < 3; i++) {
            String[] cells = rows.get(i + 1).split(",");
            assertEquals(clips.get(i).getFileName().toString(), cells[0]);
            assertEquals(
                    videos.get(i).stream().mapToDouble(Pair::iou).average().orElseThrow(),
                    Double.parseDouble(cells[5]),
                    1e-6);
        }
        String table = stdout.toString();
        assertTrue(table.contains("MoCA, frozen features"), table);
        assertTrue(table.contains("demo world") && !table.contains("supervised"), table);
    }

    @Test
    void metricsSayWhatTheyDependOn() throws IOException {
        assertEquals(ExitCodes.OK, run("eval", "s4", "--data", world, "--out", out, "--clusters", 5, "--quiet"));

        assertEquals("", stdout.toString());
        JsonNode json = metrics();
        assertEquals("s4", json.path("benchmark").path("name").asText());
        assertTrue(json.path("benchmark").path("demoWorld").asBoolean());
        assertEquals("5", json.path("settings").path("clusters").asText());
        assertEquals("4", json.path("scoring").path("videosPerBatch").asText());
        assertTrue(json.path("scoring").path("resizeMode").asText().startsWith("square"));
        assertTrue(json.path("scoring").path("emptyMaskPolicy").asText().contains("left out"));
        assertEquals(64, json.path("weights").path(0).path("sha256").asText().length());
        assertTrue(json.path("command").asText().startsWith("earshot eval s4 --data"), json::toString);
        assertTrue(json.path("versions").has("earshot"));
        assertEquals(0, json.path("papers").size());
        Map<String, Long> categories = Files.readAllLines(world.resolve("Single-source/s4_meta_data.csv")).stream()
                .skip(1)
                .collect(Collectors.groupingBy(row -> row.split(",")[2], Collectors.counting()));
        List<String> classes = Files.readAllLines(out.resolve("classes.csv"));
        assertEquals("class,videos,iou,f", classes.getFirst());
        assertEquals(
                categories,
                classes.stream()
                        .skip(1)
                        .collect(Collectors.toMap(row -> row.split(",")[0], row -> Long.valueOf(row.split(",")[1]))));
    }

    @Test
    void masksAreThoseThatSegmentDraws() throws IOException {
        assertEquals(ExitCodes.OK, run("eval", "ms3", "--data", world, "--out", out, "--proposals", "colour-regions"));
        Path data = world.resolve("Multi-sources/ms3_data");
        String clip = metricsClip();
        Path segmented = out.resolve("segmented");
        Object input = data.resolve("visual_frames").resolve(clip) + "+"
                + data.resolve("audio_wav/test").resolve(clip + ".wav");
        assertEquals(
                ExitCodes.OK,
                run("segment", input, "--out", segmented, "--masks-only", "--proposals", "colour-regions"));
        int set = 0;
        for (int k = 0; k < 5; k++) {
            boolean[] expected = pixels(segmented.resolve(clip).resolve("masks/0000" + k + ".png"));
            boolean[] ours = pixels(out.resolve(Path.of("predictions", "test", clip, clip + "_" + (k + 1) + ".png")));
            for (int i = 0; i < expected.length; i++) {
                assertEquals(expected[i], ours[i], "pixel " + i + " of frame " + k);
                set += ours[i] ? 1 : 0;
            }
        }
        assertTrue(set > 1000, "empty masks");
    }

    @Test
    void samBindIsScoredWithAllItsSettings() throws IOException {
        Object[] options = {
            "--method",
            "sam-bind",
            "--proposals",
            "colour-regions",
            "--crop-mode",
            "pad",
            "--crop-margin",
            0.1,
            "--masked",
            "--max-area",
            0.9,
            "--tau-bind",
            0.6,
            "--score-scale",
            "softmax",
            "--no-top1-if-empty",
            "--silence-rms",
            0.001
        };
        Object[] base = {"eval", "ms3", "--data", world, "--out", out};
        assertEquals(
                ExitCodes.OK,
                run(Stream.concat(Stream.of(base), Stream.of(options)).toArray()),
                stderr::toString);
        JsonNode json = metrics();
        assertEquals("SAM-BIND", json.path("method").asText());
        JsonNode settings = json.path("settings");
        assertEquals("colour-regions", settings.path("proposals").asText());
        assertEquals("pad", settings.path("cropMode").asText());
        assertEquals("0.1", settings.path("cropMargin").asText());
        assertEquals("true", settings.path("masked").asText());
        assertEquals("0.9", settings.path("maxArea").asText());
        assertEquals("0.6", settings.path("tauBind").asText());
        assertEquals("softmax", settings.path("scoreScale").asText());
        assertEquals("false", settings.path("topOneIfEmpty").asText());
        assertEquals("rms below 0.001", settings.path("silenceGate").asText());
        assertTrue(json.path("figures").path("miou").asDouble() > 0.1, json::toString);
        assertTrue(stdout.toString().contains("SAM-BIND"), stdout.toString());
        assertEquals(ExitCodes.USAGE, run("eval", "vggss", "--data", world, "--out", out, "--method", "sam-bind"));
    }

    private String metricsClip() throws IOException {
        return Files.readAllLines(out.resolve("videos.csv")).get(1).split(",")[0];
    }

    @Test
    void aStoppedRunGoesOnAndAnotherRunIsNotMistakenForIt() throws IOException {
        assertEquals(ExitCodes.OK, run("eval", "ms3", "--data", world, "--out", out));
        double before = metrics().path("figures").path("miou").asDouble();
        String clip = metricsClip();
        Path folder = out.resolve(Path.of("predictions", "test", clip));
        // Masks that are there are taken as they are, even those of nobody: none was made anew.
        BufferedImage white = new BufferedImage(SIDE, SIDE, BufferedImage.TYPE_BYTE_GRAY);
        white.getRaster()
                .setSamples(
                        0,
                        0,
                        SIDE,
                        SIDE,
                        0,
                        java.util.stream.IntStream.generate(() -> 255)
                                .limit(SIDE * SIDE)
                                .toArray());
        for (int k = 1; k <= 5; k++) {
            ImageIO.write(white, "png", folder.resolve(clip + "_" + k + ".png").toFile());
        }
        assertEquals(ExitCodes.OK, run("eval", "ms3", "--data", world, "--out", out, "--resume"));
        assertTrue(metrics().path("figures").path("miou").asDouble() < before - 0.1);
        // A clip that is not complete is made again.
        Files.delete(folder.resolve(clip + "_3.png"));
        assertEquals(ExitCodes.OK, run("eval", "ms3", "--data", world, "--out", out, "--resume"));
        assertEquals(before, metrics().path("figures").path("miou").asDouble(), 1e-12);

        assertEquals(ExitCodes.USAGE, run("eval", "ms3", "--data", world, "--out", out, "--resume", "--clusters", 6));
        assertTrue(stderr.toString().contains("clusters: \"4\" then, \"6\" now"), stderr.toString());
    }

    @Test
    void storedPredictionsAreScoredAlike() throws IOException {
        assertEquals(ExitCodes.OK, run("eval", "s4", "--data", world, "--out", out, "--predictions", out.resolve("p")));
        JsonNode first = metrics().path("figures");
        assertEquals(
                ExitCodes.OK,
                run(
                        "eval",
                        "s4",
                        "--data",
                        world,
                        "--out",
                        out,
                        "--method",
                        "predictions",
                        "--predictions",
                        out.resolve("p")));
        assertEquals(first, metrics().path("figures"));
        assertEquals("predictions", metrics().path("method").asText());
        assertEquals(ExitCodes.USAGE, run("eval", "s4", "--data", world, "--out", out, "--method", "predictions"));
    }

    @Test
    void semanticBenchmarkGetsBinaryFiguresThatSaySo() throws IOException {
        assertEquals(ExitCodes.OK, run("eval", "avss", "--data", world, "--out", out));
        JsonNode json = metrics();
        assertTrue(json.path("scoring").path("classes").asText().startsWith("none are predicted"), json::toString);
        assertTrue(stdout.toString().contains("the method knows no classes"), stdout.toString());
        assertEquals(5 + 5 + 10, json.path("figures").path("frames").asInt());
        assertTrue(json.path("figures").path("miou").asDouble() > 0.3, json::toString);
        String clip = metricsClip();
        assertTrue(Files.exists(out.resolve(Path.of("predictions", clip, "masks", "4.png"))));
    }

    @Test
    void theReportIsWellFormedAndNeedsNothingElse() throws Exception {
        assertEquals(ExitCodes.OK, run("eval", "s4", "--data", world, "--out", out));
        String html = Files.readString(out.resolve("report.html"));
        assertTrue(html.startsWith("<!DOCTYPE html>\n"), html.substring(0, 40));
        assertFalse(html.contains("http"), "an address in the page");
        assertFalse(html.contains("<script"), "a script in the page");
        assertFalse(html.contains("url("), "a file in the style");
        String xml = html.substring(html.indexOf('\n')).replaceAll("(<(?:meta|img)[^>]*)>", "$1/>");
        Document page = DocumentBuilderFactory.newInstance()
                .newDocumentBuilder()
                .parse(new ByteArrayInputStream(xml.getBytes(StandardCharsets.UTF_8)));
        NodeList pictures = page.getElementsByTagName("img");
        assertEquals(3 * 4 * 5, pictures.getLength());
        for (int i = 0; i < pictures.getLength(); i++) {
            Element picture = (Element) pictures.item(i);
            assertTrue(picture.getAttribute("src").startsWith("data:image/"));
            assertFalse(picture.getAttribute("alt").isBlank());
        }
        assertTrue(
                html.contains(metrics().path("weights").path(0).path("sha256").asText()));
    }

    @Test
    void papersStandBesideARealDataSetWithWhatIsMissing() throws IOException {
        Path root = out.resolve("real");
        try (Stream<Path> files = Files.walk(world.resolve("Single-source"))) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                Path copy = root.resolve(world.resolve("Single-source").relativize(file));
                Files.createDirectories(copy.getParent());
                Files.copy(file, copy);
            }
        }
        Files.delete(root.resolve("demo_world.csv")); // the mark of the demo world
        assertEquals(ExitCodes.OK, run("eval", "s4", "--data", root, "--out", out), stderr::toString);
        List<String> lines = stdout.toString().lines().toList();
        assertTrue(
                lines.stream().anyMatch(l -> l.matches("AVSBench +0\\.780 +0\\.870 +supervised +MoCA, CMSF")),
                stdout::toString);
        assertTrue(lines.stream().anyMatch(l -> l.matches("MoCA +0\\.680 +0\\.790 +MoCA")), stdout::toString);
        assertTrue(
                lines.stream().anyMatch(l -> l.startsWith("! 3 clips, 0 missing: the published test split has 740")));
        JsonNode first = metrics().path("papers").path(0);
        assertEquals(0.78, first.path("miou").asDouble());
        assertTrue(first.path("supervised").asBoolean());
        assertTrue(Files.readString(out.resolve("report.html")).contains("supervised"));
    }

    @Test
    void wrongBenchmarksSplitsAndFoldersAreRefusedInWords() throws IOException {
        assertEquals(ExitCodes.USAGE, run("eval", "s5", "--data", world, "--out", out));
        assertTrue(stderr.toString().contains("expected one of s4, ms3, avss, vggss, ext-vggss, got s5"));
        assertEquals(ExitCodes.USAGE, run("eval", "s4", "--data", world, "--out", out, "--split", "val"));
        assertTrue(stderr.toString().contains("split val"), stderr.toString());
        assertEquals(ExitCodes.USAGE, run("eval", "vggss", "--data", world, "--out", out));
        assertTrue(stderr.toString().contains("vggss.json"), stderr.toString());
        assertEquals(ExitCodes.USAGE, run("eval", "s4", "--data", world, "--out", out, "--batch-videos", "0"));
        assertEquals(ExitCodes.USAGE, run("eval", "s4", "--data", world.resolve("no"), "--out", out));
        Path precious = out.resolve("mine/letter.txt");
        Files.createDirectories(precious.getParent());
        Files.writeString(precious, "dear");
        assertEquals(
                ExitCodes.USAGE,
                run("eval", "s4", "--data", world, "--out", out, "--predictions", precious.getParent()));
        assertTrue(Files.exists(precious));
        assertFalse(Files.exists(out.resolve("metrics.json")));
    }
}
