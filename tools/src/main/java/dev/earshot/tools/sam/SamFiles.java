package dev.earshot.tools.sam;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.earshot.segmentation.image.RgbImage;
import dev.earshot.segmentation.output.AtomicFiles;
import dev.earshot.segmentation.output.MaskPainter;
import dev.earshot.segmentation.output.MaskPng;
import dev.earshot.segmentation.output.PngFiles;
import dev.earshot.tools.segment.ResultFolder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;

/**
 * The files of one picture, laid out as segment-anything's own script does: {@code OUT/NAME/0.png …} with
 * {@code metadata.csv}, or {@code OUT/NAME.json} with records in COCO's run-length encoding; and beside them
 * {@code OUT/NAME-overlay.png}.
 *
 * @param out the folder
 * @param name of the picture, without extension
 */
public record SamFiles(Path out, String name) {
    private static final String TABLE = "metadata.csv";

    /** Writes masks and table; an earlier result of that name is replaced. Where they are. */
    public Path writeFolder(List<FoundMask> masks) {
        try (ResultFolder folder = new ResultFolder(out, name, TABLE)) {
            StringBuilder table = new StringBuilder(FoundMask.COLUMNS);
            for (int i = 0; i < masks.size(); i++) {
                MaskPng.write(
                        folder.path().resolve(i + ".png"), masks.get(i).rle().toMask());
                table.append('\n').append(masks.get(i).row(i));
            }
            byte[] bytes = table.append('\n').toString().getBytes(StandardCharsets.UTF_8);
            AtomicFiles.write(folder.path().resolve(TABLE), to -> to.write(bytes));
            folder.publish();
            return folder.target();
        }
    }

    /** Writes the records. Where they are. */
    public Path writeJson(List<FoundMask> masks) {
        Path file = out.resolve(AtomicFiles.safeName(name) + ".json");
        List<Object> records = masks.stream().<Object>map(FoundMask::json).toList();
        AtomicFiles.write(file, to -> to.write(new ObjectMapper().writeValueAsBytes(records)));
        return file;
    }

    /** Draws all masks, the largest first, and, where {@code prompts} is true, what they were asked with. */
    public Path writeOverlay(RgbImage picture, List<FoundMask> masks, boolean prompts) {
        MaskPainter painter = new MaskPainter(picture);
        masks.stream()
                .sorted(Comparator.comparingLong((FoundMask mask) -> mask.rle().area())
                        .reversed())
                .forEach(mask -> painter.mask(mask.rle().toMask()));
        if (prompts) {
            masks.stream().map(FoundMask::prompt).distinct().forEach(prompt -> draw(prompt, painter));
        }
        Path file = out.resolve(AtomicFiles.safeName(name) + "-overlay.png");
        PngFiles.write(file, painter.image());
        return file;
    }

    private static void draw(PromptText prompt, MaskPainter painter) {
        double[] box = prompt.box();
        if (box.length > 0) {
            painter.box(box[0], box[1], box[2], box[3]);
        }
        for (int i = 0; i < prompt.labels().length; i++) {
            painter.point(prompt.points()[2 * i], prompt.points()[2 * i + 1], prompt.labels()[i] == 1);
        }
    }
}
