package dev.earshot.tools.sam;

import dev.earshot.segmentation.output.CocoRle;
import dev.earshot.segmentation.sam.GeneratedMask;
import dev.earshot.segmentation.sam.MaskBox;
import dev.earshot.segmentation.sam.MaskPrediction;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * A mask with everything that SAM's result files say about it.
 *
 * @param prompt what it answers
 * @param bbox x, y, width, height as SAM writes them: a mask of one pixel has width 0
 * @param cropBox part of the picture in which it was found: x, y, width, height
 */
public record FoundMask(
        CocoRle rle, int[] bbox, float predictedIou, float stability, PromptText prompt, int[] cropBox) {
    /** SAM's columns. */
    static final String COLUMNS = "id,area,bbox_x0,bbox_y0,bbox_w,bbox_h,point_input_x,point_input_y,predicted_iou,"
            + "stability_score,crop_box_x0,crop_box_y0,crop_box_w,crop_box_h";

    /** A mask of the generator. */
    public static FoundMask of(GeneratedMask mask) {
        PromptText point = new PromptText(new double[] {mask.pointX(), mask.pointY()}, new int[] {1}, new double[0]);
        return new FoundMask(mask.rle(), mask.bbox(), mask.predictedIou(), mask.stability(), point, mask.cropBox());
    }

    /** The answer to a prompt. */
    public static FoundMask of(MaskPrediction prediction, PromptText prompt) {
        MaskBox box = prediction.box();
        int[] bbox = {box.left(), box.top(), box.right() - box.left(), box.bottom() - box.top()};
        int[] whole = {0, 0, prediction.mask().width(), prediction.mask().height()};
        return new FoundMask(
                CocoRle.of(prediction.mask()), bbox, prediction.predictedIou(), prediction.stability(), prompt, whole);
    }

    /** A row of {@code metadata.csv}; without a point its two cells are empty. */
    String row(int id) {
        boolean point = prompt.points().length > 0;
        return id + "," + rle.area() + "," + joined(bbox) + ","
                + (point ? prompt.points()[0] + "," + prompt.points()[1] : ",")
                + "," + predictedIou + "," + stability + "," + joined(cropBox);
    }

    private static String joined(int[] values) {
        return String.join(",", IntStream.of(values).mapToObj(String::valueOf).toList());
    }

    /** A record of SAM's JSON, the mask in COCO's run-length encoding. */
    Map<String, Object> json() {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("segmentation", Map.of("size", List.of(rle.height(), rle.width()), "counts", rle.compressed()));
        json.put("area", rle.area());
        json.put("bbox", bbox);
        json.put("predicted_iou", predictedIou);
        List<double[]> points = IntStream.range(0, prompt.labels().length)
                .mapToObj(i -> new double[] {prompt.points()[2 * i], prompt.points()[2 * i + 1]})
                .toList();
        json.put("point_coords", points);
        if (IntStream.of(prompt.labels()).anyMatch(label -> label == 0)) {
            json.put("point_labels", prompt.labels());
        }
        if (prompt.box().length > 0) {
            json.put("box", prompt.box());
        }
        json.put("stability_score", Float.isFinite(stability) ? stability : null);
        json.put("crop_box", cropBox);
        return json;
    }
}
