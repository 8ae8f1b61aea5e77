package dev.earshot.segmentation.sam;

import dev.earshot.segmentation.PixelBox;
import java.util.ArrayList;
import java.util.List;

/**
 * A part of a picture that the mask generator looks at by itself.
 *
 * @param box where it lies in the picture
 * @param layer 0 for the whole picture; in layer l there are 2^l crops a side
 */
public record Crop(PixelBox box, int layer) {
    /**
     * The whole picture, then the crops of {@code layers} further layers, each column by column. Neighbours overlap by about
     * {@code overlapRatio} of the shorter side, halved from layer to layer. Crops that a tiny picture leaves without a pixel are
     * left out.
     */
    public static List<Crop> of(int width, int height, int layers, double overlapRatio) {
        List<Crop> crops = new ArrayList<>();
        crops.add(new Crop(new PixelBox(0, 0, width, height), 0));
        for (int layer = 1; layer <= layers; layer++) {
            int perSide = 1 << layer;
            int overlap = (int) (overlapRatio * Math.min(width, height) * (2.0 / perSide));
            int cropWidth = side(width, perSide, overlap);
            int cropHeight = side(height, perSide, overlap);
            for (int i = 0; i < perSide; i++) {
                for (int j = 0; j < perSide; j++) {
                    int left = (cropWidth - overlap) * i;
                    int top = (cropHeight - overlap) * j;
                    int right = Math.min(left + cropWidth, width);
                    int bottom = Math.min(top + cropHeight, height);
                    if (left < right && top < bottom) {
                        crops.add(new Crop(new PixelBox(left, top, right, bottom), layer));
                    }
                }
            }
        }
        return crops;
    }

    private static int side(int size, int perSide, int overlap) {
        return (int) Math.ceil(((double) overlap * (perSide - 1) + size) / perSide);
    }
}
