package dev.earshot.tools;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.earshot.models.sam.SamOptions;
import dev.earshot.segmentation.BinaryMask;
import dev.earshot.segmentation.PixelBox;
import dev.earshot.segmentation.image.ImageFiles;
import dev.earshot.segmentation.image.RgbImage;
import dev.earshot.segmentation.output.CocoRle;
import dev.earshot.segmentation.output.MaskPng;
import dev.earshot.segmentation.output.PngFiles;
import dev.earshot.segmentation.sam.AutomaticMaskGenerator;
import dev.earshot.segmentation.sam.GeneratedMask;
import dev.earshot.segmentation.sam.GeneratorSettings;
import dev.earshot.segmentation.sam.MaskPrediction;
import dev.earshot.segmentation.sam.PredictionOptions;
import dev.earshot.segmentation.sam.SamPredictor;
import dev.earshot.segmentation.sam.SamPrompt;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.Backends;
import dev.earshot.tools.segment.SamInUse;
import dev.earshot.tools.segment.WeightHashes;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** The command with the demo weights: files, and that they hold what the API answers. */
class SamCommandTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    /** Few points, and every mask but duplicates is kept. */
    private static final Object[] LENIENT = {
        "--points-per-side", 6, "--pred-iou-thresh", 0.3, "--stability-score-thresh", 0.5
    };

    @TempDir
    private Path folder;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    private int run(Object... args) {
        CommandLine line = Main.commandLine();
        line.setOut(new PrintWriter(out, true));
        line.setErr(new PrintWriter(err, true));
        return line.execute(Stream.of(args)
                .flatMap(arg -> arg instanceof Object[] several ? Stream.of(several) : Stream.of(arg))
                .map(Object::toString)
                .toArray(String[]::new));
    }

    /** Two things on a dark ground. */
    private Path picture(String name) {
        RgbImage image = RgbImage.black(120, 90);
        for (int y = 0; y < 90; y++) {
            for (int x = 0; x < 120; x++) {
                boolean square = x >= 15 && x < 50 && y >= 20 && y < 60;
                boolean disc = (x - 85) * (x - 85) + (y - 50) * (y - 50) < 22 * 22;
                image.setPixel(x, y, square ? 0xe8c020 : disc ? 0x2060e0 : 0x202428);
            }
        }
        Path file = folder.resolve(name + ".png");
        PngFiles.write(file, image);
        return file;
    }

    private static List<String> files(Path folder) throws IOException {
        try (Stream<Path> walk = Files.walk(folder)) {
            return walk.filter(Files::isRegularFile)
                    .map(file -> folder.relativize(file).toString())
                    .sorted()
                    .toList();
        }
    }

    /** The demo model. */
    private static SamInUse demo(Backend backend) {
        return SamInUse.open(
                backend, Optional.empty(), false, Optional.empty(), SamOptions.DEFAULT, new WeightHashes());
    }

    private static List<GeneratedMask> generated(Path picture) {
        GeneratorSettings settings = GeneratorSettings.builder()
                .pointsPerSide(6)
                .predictedIouThreshold(0.3f)
                .stabilityThreshold(0.5f)
                .build();
        try (Backend backend = Backends.open("auto");
                SamInUse sam = demo(backend);
                AutomaticMaskGenerator generator = new AutomaticMaskGenerator(backend, sam.sam(), settings)) {
            return generator.generate(ImageFiles.read(picture));
        }
    }

    @Test
    void everythingIsWrittenInTheLayoutOfSegmentAnything() throws IOException {
        Path picture = picture("two.things");
        Path results = folder.resolve("out");
        assertEquals(ExitCodes.OK, run("sam", picture, "--auto", LENIENT, "--out", results), err::toString);

        List<GeneratedMask> expected = generated(picture);
        assertFalse(expected.isEmpty());
        List<String> rows = Files.readAllLines(results.resolve("two.things/metadata.csv"));
        assertEquals(
                "id,area,bbox_x0,bbox_y0,bbox_w,bbox_h,point_input_x,point_input_y,predicted_iou,stability_score,"
                        + "crop_box_x0,crop_box_y0,crop_box_w,crop_box_h",
                rows.getFirst());
        assertEquals(expected.size() + 1, rows.size());
        for (int i = 0; i < expected.size(); i++) {
            GeneratedMask one = expected.get(i);
            BinaryMask mask = MaskPng.read(results.resolve("two.things/" + i + ".png"));
            assertEquals(one.mask(), mask);
            String[] cells = rows.get(i + 1).split(",");
            assertEquals(i, Integer.parseInt(cells[0]));
            assertEquals(mask.area(), Long.parseLong(cells[1]));
            PixelBox box = mask.bounds().orElseThrow();
            assertEquals(
                    List.of(box.left(), box.top(), box.width() - 1, box.height() - 1),
                    Stream.of(cells).skip(2).limit(4).map(Integer::valueOf).toList());
            assertEquals(one.pointX(), Double.parseDouble(cells[6]));
            assertEquals(one.predictedIou(), Float.parseFloat(cells[8]));
            assertEquals(one.stability(), Float.parseFloat(cells[9]));
            assertArrayEquals(
                    new String[] {"0", "0", "120", "90"},
                    Stream.of(cells).skip(10).toArray(String[]::new));
        }
        assertEquals(expected.size() + 2, files(results).size(), "masks, table, overlay");
        RgbImage overlay = ImageFiles.read(results.resolve("two.things-overlay.png"));
        assertEquals(120, overlay.width());
        assertFalse(java.util.Arrays.equals(ImageFiles.read(picture).rgb(), overlay.rgb()));
        assertTrue(out.toString().contains(expected.size() + " masks"), out.toString());
        assertTrue(err.toString().contains("demo weights"), err.toString());
    }

    @Test
    void cocoRecordsHoldTheSameMasks() throws IOException {
        Path picture = picture("one");
        Path results = folder.resolve("out");
        assertEquals(
                ExitCodes.OK,
                run("sam", picture, "--auto", LENIENT, "--coco-rle", "--no-overlay", "--quiet", "--out", results));
        assertEquals(List.of("one.json"), files(results));
        assertEquals("", out.toString() + err);
        JsonNode records = JSON.readTree(results.resolve("one.json").toFile());
        List<GeneratedMask> expected = generated(picture);
        assertEquals(expected.size(), records.size());
        for (int i = 0; i < expected.size(); i++) {
            JsonNode record = records.path(i);
            assertEquals(90, record.path("segmentation").path("size").path(0).asInt());
            CocoRle rle = CocoRle.parse(
                    90, 120, record.path("segmentation").path("counts").asText());
            assertEquals(expected.get(i).rle(), rle);
            assertEquals(rle.area(), record.path("area").asLong());
            assertEquals(expected.get(i).bbox()[2], record.path("bbox").path(2).asInt());
            assertEquals(
                    expected.get(i).pointY(),
                    record.path("point_coords").path(0).path(1).asDouble());
            assertEquals(4, record.path("crop_box").size());
        }
    }

    @Test
    void promptsAreAnsweredInOrder() throws IOException {
        Path picture = picture("one");
        Path results = folder.resolve("out");
        assertEquals(
                ExitCodes.OK,
                run(
                        "sam",
                        picture,
                        "--points",
                        "30,40",
                        "--points",
                        "85,50;30,40,0",
                        "--boxes",
                        "15,20,50,60;60,25,110,75",
                        "--out",
                        results),
                err::toString);
        List<SamPrompt> prompts = List.of(
                SamPrompt.foreground(30, 40),
                SamPrompt.foreground(85, 50).andBackground(30, 40),
                SamPrompt.box(15, 20, 50, 60),
                SamPrompt.box(60, 25, 110, 75));
        List<List<MaskPrediction>> single = predicted(picture, prompts, PredictionOptions.SINGLE);
        List<String> rows = Files.readAllLines(results.resolve("one/metadata.csv"));
        assertEquals(5, rows.size());
        for (int i = 0; i < 4; i++) {
            MaskPrediction expected = single.get(i).getFirst();
            assertEquals(expected.mask(), MaskPng.read(results.resolve("one/" + i + ".png")), "prompt " + i);
            assertEquals(
                    expected.predictedIou(), Float.parseFloat(rows.get(i + 1).split(",")[8]));
        }
        assertEquals("85.0", rows.get(2).split(",")[6]);
        assertEquals("", rows.get(3).split(",")[6], "a box has no point");

        assertEquals(
                ExitCodes.OK, run("sam", picture, "--points", "30,40", "--multimask", "--coco-rle", "--out", results));
        assertEquals(3, JSON.readTree(results.resolve("one.json").toFile()).size());
        assertEquals(ExitCodes.OK, run("sam", picture, "--points", "30,40", "--best", "--out", results));
        MaskPrediction best = predicted(picture, prompts.subList(0, 1), PredictionOptions.BEST)
                .getFirst()
                .getFirst();
        assertEquals(best.mask(), MaskPng.read(results.resolve("one/0.png")));
        assertFalse(Files.exists(results.resolve("one/1.png")), "the earlier result is replaced");
    }

    private static List<List<MaskPrediction>> predicted(
            Path picture, List<SamPrompt> prompts, PredictionOptions options) {
        try (Backend backend = Backends.open("auto");
                SamInUse sam = demo(backend);
                SamPredictor predictor = new SamPredictor(backend, sam.sam())) {
            predictor.setImage(ImageFiles.read(picture));
            return predictor.predict(prompts, options);
        }
    }

    @Test
    void onePictureThatFailsDoesNotTouchTheOthers() throws IOException {
        Path garbage = folder.resolve("garbage.png");
        Files.write(garbage, new byte[] {1, 2, 3});
        Path small = folder.resolve("small.png");
        PngFiles.write(small, RgbImage.black(20, 20));
        Path good = picture("good");
        Path results = folder.resolve("out");
        int status =
                run("sam", garbage, small, good, good, "--points", "60,45", "--out", results, "--json", "--no-overlay");
        assertEquals(ExitCodes.FAILED_INPUTS, status);
        List<String> lines = out.toString().lines().toList();
        List<String> states = lines.stream()
                .map(line -> {
                    try {
                        return JSON.readTree(line).path("status").asText();
                    } catch (IOException e) {
                        return line;
                    }
                })
                .toList();
        assertEquals(List.of("failed", "failed", "ok", "ok"), states);
        assertTrue(err.toString().contains("got (60.0, 45.0)"), err.toString());
        assertTrue(err.toString().contains("2 of 4 pictures failed"), err.toString());
        assertEquals(List.of("good-2/0.png", "good-2/metadata.csv", "good/0.png", "good/metadata.csv"), files(results));
    }

    @Test
    void foldersThatHoldSomethingElseAreLeftAlone() throws IOException {
        Path precious = folder.resolve("out/mine/letter.txt");
        Files.createDirectories(precious.getParent());
        Files.writeString(precious, "dear");
        assertEquals(
                ExitCodes.FAILED_INPUTS,
                run("sam", picture("mine"), "--points", "60,45", "--out", folder.resolve("out"), "--no-overlay"));
        assertEquals(List.of("mine/letter.txt"), files(folder.resolve("out")));
    }

    @Test
    void wrongUsageIsTheUsersFault() {
        Path picture = picture("one");
        Path results = folder.resolve("o");
        assertEquals(ExitCodes.USAGE, run("sam", picture, "--auto"));
        assertEquals(ExitCodes.USAGE, run("sam", picture, "--out", results));
        assertTrue(err.toString().contains("got neither"), err.toString());
        assertEquals(ExitCodes.USAGE, run("sam", picture, "--out", results, "--auto", "--points", "1,2"));
        assertEquals(ExitCodes.USAGE, run("sam", picture, "--out", results, "--points", "1"));
        assertEquals(ExitCodes.USAGE, run("sam", picture, "--out", results, "--points", "NaN,1"));
        assertEquals(ExitCodes.USAGE, run("sam", picture, "--out", results, "--boxes", "5,5,2,9"));
        assertTrue(err.toString().contains("x0 < x1"), err.toString());
        assertEquals(
                ExitCodes.USAGE, run("sam", picture, "--out", results, "--points", "1,2", "--multimask", "--best"));
        assertEquals(ExitCodes.USAGE, run("sam", picture, "--out", results, "--auto", "--multimask"));
        assertEquals(ExitCodes.USAGE, run("sam", picture, "--out", results, "--auto", "--points-per-side", 0));
        assertEquals(ExitCodes.USAGE, run("sam", picture, "--out", results, "--auto", "--box-nms-thresh", 2));
        assertEquals(ExitCodes.USAGE, run("sam", picture, "--out", results, "--auto", "--model", "vit-x"));
        assertFalse(Files.exists(results));
    }

    @Test
    void missingOrOtherWeightsAreTheEnvironmentsFault() {
        Path picture = picture("one");
        Path results = folder.resolve("o");
        Object[] base = {"sam", picture, "--out", results, "--points", "60,45"};
        assertEquals(ExitCodes.ENVIRONMENT, run(base, "--weights", folder.resolve("none.safetensors")));
        assertTrue(err.toString().contains("earshot convert sam_vit_b_01ec64.pth"), err.toString());
        assertEquals(ExitCodes.ENVIRONMENT, run(base, "--hq"));
        assertTrue(err.toString().contains("no demo weights of HQ-SAM exist"), err.toString());
        assertEquals(ExitCodes.ENVIRONMENT, run(base, "--model", "vit-h"));
        assertTrue(err.toString().contains("vit_h"), err.toString());
        assertFalse(Files.exists(results));
    }
}
