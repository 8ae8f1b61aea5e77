package dev.earshot.segmentation.sam;

import dev.earshot.segmentation.BinaryMask;
import dev.earshot.segmentation.PixelBox;
import dev.earshot.segmentation.output.CocoRle;
import dev.earshot.tensor.MaskResize;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * The mask generator's selection as its description reads: every candidate at full size, one step after the other. Shares
 * neither the resizing nor the counting nor the order of work with what it checks.
 */
final class ScalarSelection {
    /** A candidate as the network gives it. */
    record Candidate(float[][] logits, float iou, double x, double y) {}

    /** The answers to all points of a crop. */
    interface Network {
        List<Candidate> candidates(Crop crop, double[] points);

        MaskResize resize(Crop crop);
    }

    private record Found(boolean[][] mask, int[] box, float iou, float stability, double x, double y, PixelBox crop) {}

    private final GeneratorSettings settings;
    private final int width;
    private final int height;

    ScalarSelection(GeneratorSettings settings, int width, int height) {
        this.settings = settings;
        this.width = width;
        this.height = height;
    }

    List<GeneratedMask> select(Network network) {
        List<Found> all = new ArrayList<>();
        List<Crop> crops = settings.crops(width, height);
        for (Crop crop : crops) {
            List<Found> ofCrop = new ArrayList<>();
            double[] points = settings.grid(crop.layer())
                    .in(crop.box().width(), crop.box().height());
            for (Candidate candidate : network.candidates(crop, points)) {
                filter(candidate, crop.box(), network.resize(crop), ofCrop);
            }
            all.addAll(suppress(ofCrop, f -> f.iou, settings.boxNmsThreshold()));
        }
        if (crops.size() > 1) {
            all = suppress(
                    all, f -> 1f / (float) ((long) f.crop.width() * f.crop.height()), settings.cropNmsThreshold());
        }
        return all.stream().map(this::record).toList();
    }

    private void filter(Candidate candidate, PixelBox crop, MaskResize resize, List<Found> passed) {
        if (settings.predictedIouThreshold() > 0 && !(candidate.iou > settings.predictedIouThreshold())) {
            return;
        }
        float[][] full = full(candidate.logits, resize);
        float t = settings.maskThreshold();
        float stability = (float) count(full, t + settings.stabilityOffset())
                / (float) count(full, t - settings.stabilityOffset());
        if (settings.stabilityThreshold() > 0 && !(stability >= settings.stabilityThreshold())) {
            return;
        }
        boolean[][] mask = new boolean[height][width];
        int[] box = {width, height, -1, -1};
        for (int y = 0; y < full.length; y++) {
            for (int x = 0; x < full[y].length; x++) {
                if (full[y][x] > t) {
                    int atX = x + crop.left();
                    int atY = y + crop.top();
                    mask[atY][atX] = true;
                    box = new int[] {
                        Math.min(box[0], atX), Math.min(box[1], atY), Math.max(box[2], atX), Math.max(box[3], atY)
                    };
                }
            }
        }
        if (box[2] < 0) {
            box = new int[] {crop.left(), crop.top(), crop.left(), crop.top()};
        }
        int[] ofCrop = {crop.left(), crop.top(), crop.right(), crop.bottom()};
        int[] ofPicture = {0, 0, width, height};
        for (int side = 0; side < 4; side++) {
            if (Math.abs(box[side] - ofCrop[side]) <= 20 && !(Math.abs(box[side] - ofPicture[side]) <= 20)) {
                return;
            }
        }
        passed.add(new Found(
                mask, box, candidate.iou, stability, candidate.x + crop.left(), candidate.y + crop.top(), crop));
    }

    static float[][] full(float[][] low, MaskResize r) {
        float[][] frame = stretch(low, low.length, low[0].length, r.frameHeight(), r.frameWidth());
        return stretch(frame, r.insetHeight(), r.insetWidth(), r.height(), r.width());
    }

    /** Bilinear with half-pixel centres; the last positions are repeated. */
    private static float[][] stretch(float[][] in, int rows, int columns, int outRows, int outColumns) {
        float[][] out = new float[outRows][outColumns];
        for (int y = 0; y < outRows; y++) {
            double sy = Math.max(0, (y + 0.5) * rows / outRows - 0.5);
            int y0 = (int) Math.min(rows - 1, Math.floor(sy));
            int y1 = Math.min(y0 + 1, rows - 1);
            float wy = (float) (sy - y0);
            for (int x = 0; x < outColumns; x++) {
                double sx = Math.max(0, (x + 0.5) * columns / outColumns - 0.5);
                int x0 = (int) Math.min(columns - 1, Math.floor(sx));
                int x1 = Math.min(x0 + 1, columns - 1);
                float wx = (float) (sx - x0);
                out[y][x] = (1 - wy) * ((1 - wx) * in[y0][x0] + wx * in[y0][x1])
                        + wy * ((1 - wx) * in[y1][x0] + wx * in[y1][x1]);
            }
        }
        return out;
    }

    private static int count(float[][] values, float above) {
        int count = 0;
        for (float[] row : values) {
            for (float value : row) {
                count += value > above ? 1 : 0;
            }
        }
        return count;
    }

    private interface Score {
        float of(Found found);
    }

    private static List<Found> suppress(List<Found> found, Score score, double threshold) {
        List<Found> order = new ArrayList<>(found);
        order.sort(Comparator.comparing(score::of, Comparator.reverseOrder())); // stable
        List<Found> kept = new ArrayList<>();
        for (Found candidate : order) {
            if (kept.stream().noneMatch(k -> overlap(k.box, candidate.box) > threshold)) {
                kept.add(candidate);
            }
        }
        return kept;
    }

    private static float overlap(int[] a, int[] b) {
        float both = (float) Math.max(0, Math.min(a[2], b[2]) - Math.max(a[0], b[0]))
                * Math.max(0, Math.min(a[3], b[3]) - Math.max(a[1], b[1]));
        float areaA = (float) (a[2] - a[0]) * (a[3] - a[1]);
        float areaB = (float) (b[2] - b[0]) * (b[3] - b[1]);
        return both / (areaA + areaB - both);
    }

    private GeneratedMask record(Found found) {
        BinaryMask mask = new BinaryMask(width, height);
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                if (found.mask[y][x]) {
                    mask.set(x, y);
                }
            }
        }
        return new GeneratedMask(
                CocoRle.of(mask),
                new MaskBox(found.box[0], found.box[1], found.box[2], found.box[3]),
                found.iou,
                found.stability,
                found.x,
                found.y,
                found.crop);
    }
}
