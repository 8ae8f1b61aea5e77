package dev.earshot.segmentation.sam;

import dev.earshot.segmentation.BinaryMask;
import dev.earshot.segmentation.PixelBox;
import dev.earshot.segmentation.output.CocoRle;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.MaskResize;
import dev.earshot.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.IntStream;

/**
 * What the mask generator does with the network's candidates, in segment-anything's order: quality, stability, the border of
 * crops, overlapping boxes; then the same over all crops; then small regions. A candidate that fails the first test is never
 * enlarged; of one that fails a later one the pixels are never made.
 *
 * <p>What passes is held until all candidates of its crop are known: whether a box stays depends on every better one, also on
 * those still to come, for the better of two may itself fall to a third that leaves the worse one alone. It is held as run
 * lengths or as one bit per pixel of the crop, whichever is smaller: at most {@code points * masks per point * pixels / 8}
 * bytes, 403 MB for 32 x 32 points of three masks on 1024 x 1024 pixels, if nothing is filtered and the masks are noise. Of
 * masks of objects it is a small part of that. Only those that stay become results.
 *
 * <p>Where the candidates come from is not its business. One thread at a time.
 */
public final class MaskSelection implements AutoCloseable {
    /** A box is at the border of a crop up to this distance in pixels (utils/amg.py, is_box_near_crop_edge). */
    private static final int NEAR = 20;

    private final GeneratorSettings settings;
    private final MaskReader reader;

    /** Selects on {@code backend}; close it afterwards. */
    public MaskSelection(Backend backend, GeneratorSettings settings) {
        this.settings = settings;
        this.reader = new MaskReader(backend);
    }

    /** The masks of a whole picture. */
    public List<GeneratedMask> select(CandidateSource source, int width, int height) {
        List<Crop> crops = settings.crops(width, height);
        List<GeneratedMask> masks = new ArrayList<>();
        for (Crop crop : crops) {
            masks.addAll(ofCrop(source, crop, width, height));
        }
        List<GeneratedMask> merged = crops.size() > 1 ? overCrops(masks, settings.cropNmsThreshold()) : masks;
        if (settings.minRegionArea() == 0) {
            return merged;
        }
        double threshold = Math.max(settings.boxNmsThreshold(), settings.cropNmsThreshold());
        return withoutSmallRegions(merged, settings.minRegionArea(), threshold);
    }

    /** The masks of one crop, best first, in the picture of the given size. */
    public List<GeneratedMask> ofCrop(CandidateSource source, Crop crop, int width, int height) {
        double[] points =
                settings.grid(crop.layer()).in(crop.box().width(), crop.box().height());
        List<Passed> passed = new ArrayList<>();
        try (CandidateSource.View view = source.open(crop)) {
            Batch batch = new Batch(crop.box(), width, height, view.resize(), passed);
            int step = 2 * settings.pointsPerBatch();
            for (int from = 0; from < points.length; from += step) {
                double[] asked = Arrays.copyOfRange(points, from, Math.min(from + step, points.length));
                view.decode(asked, (first, logits, ious) -> batch.take(asked, first, logits, ious));
            }
        }
        float[] scores = new float[passed.size()];
        for (int i = 0; i < scores.length; i++) {
            scores[i] = passed.get(i).predictedIou();
        }
        return nonMaximum(passed, Passed::box, scores, settings.boxNmsThreshold()).stream()
                .map(each -> each.in(crop.box()))
                .toList();
    }

    /** Of overlapping masks from several crops those of the smallest crop, which are ordered first. */
    public static List<GeneratedMask> overCrops(List<GeneratedMask> masks, double threshold) {
        float[] scores = new float[masks.size()];
        for (int i = 0; i < scores.length; i++) {
            PixelBox crop = masks.get(i).crop();
            scores[i] = 1f / ((long) crop.width() * crop.height());
        }
        return nonMaximum(masks, GeneratedMask::box, scores, threshold);
    }

    /**
     * Masks without small holes and islands. Where boxes then overlap, masks that needed no cleaning stay; they are ordered
     * first.
     */
    public static List<GeneratedMask> withoutSmallRegions(List<GeneratedMask> masks, long leastArea, double threshold) {
        List<GeneratedMask> cleaned = new ArrayList<>();
        float[] scores = new float[masks.size()];
        for (int i = 0; i < scores.length; i++) {
            GeneratedMask mask = masks.get(i);
            SmallRegions.Cleaned result = SmallRegions.clean(mask.mask(), leastArea);
            scores[i] = result.changed() ? 0 : 1;
            cleaned.add(
                    result.changed()
                            ? new GeneratedMask(
                                    CocoRle.of(result.mask()),
                                    MaskBox.of(result.mask()),
                                    mask.predictedIou(),
                                    mask.stability(),
                                    mask.pointX(),
                                    mask.pointY(),
                                    mask.crop())
                            : mask);
        }
        return nonMaximum(cleaned, GeneratedMask::box, scores, threshold);
    }

    private static <T> List<T> nonMaximum(List<T> masks, Function<T, MaskBox> boxOf, float[] scores, double threshold) {
        float[] boxes = new float[4 * scores.length];
        for (int i = 0; i < scores.length; i++) {
            MaskBox box = boxOf.apply(masks.get(i));
            boxes[4 * i] = box.left();
            boxes[4 * i + 1] = box.top();
            boxes[4 * i + 2] = box.right();
            boxes[4 * i + 3] = box.bottom();
        }
        return Arrays.stream(NonMaxSuppression.plain(boxes, scores, threshold))
                .mapToObj(masks::get)
                .toList();
    }

    /**
     * Whether a mask seems to be cut off by its crop: a side of its box is near that side of the crop, and not near that side
     * of the picture.
     */
    public static boolean isNearCropEdge(MaskBox box, PixelBox crop, int width, int height) {
        return isNear(box.left(), crop.left(), 0)
                || isNear(box.top(), crop.top(), 0)
                || isNear(box.right(), crop.right(), width)
                || isNear(box.bottom(), crop.bottom(), height);
    }

    private static boolean isNear(int side, int ofCrop, int ofPicture) {
        return Math.abs(side - ofCrop) <= NEAR && Math.abs(side - ofPicture) > NEAR;
    }

    /** A mask that passed all tests but that of overlapping boxes; its pixels are in the smaller of two forms. */
    private record Passed(
            Supplier<CocoRle> rle, MaskBox box, float predictedIou, float stability, double pointX, double pointY) {
        GeneratedMask in(PixelBox crop) {
            return new GeneratedMask(rle.get(), box, predictedIou, stability, pointX, pointY, crop);
        }
    }

    /** The candidates of one crop, as they come. */
    private final class Batch {
        private final PixelBox crop;
        private final int width;
        private final int height;
        private final MaskResize resize;
        private final List<Passed> passed;

        Batch(PixelBox crop, int width, int height, MaskResize resize, List<Passed> passed) {
            this.crop = crop;
            this.width = width;
            this.height = height;
            this.resize = resize;
            this.passed = passed;
        }

        /** Candidates are numbered point by point. */
        void take(double[] points, int firstPoint, Tensor logits, float[] ious) {
            int perPoint = Math.toIntExact(logits.dim(1));
            Tensor rows = logits.reshape(ious.length, logits.dim(2), logits.dim(3));
            int[] good = IntStream.range(0, ious.length)
                    .filter(i -> settings.predictedIouThreshold() <= 0 || ious[i] > settings.predictedIouThreshold())
                    .toArray();
            if (good.length == 0) {
                return;
            }
            reader.withRows(rows, good, masks -> {
                List<MaskMeasure> measures =
                        reader.measure(masks, resize, settings.maskThreshold(), settings.stabilityOffset());
                int[] chosen = IntStream.range(0, good.length)
                        .filter(i -> passes(measures.get(i)))
                        .toArray();
                reader.read(masks, chosen, resize, settings.maskThreshold(), (i, mask) -> {
                    int candidate = good[chosen[i]];
                    int point = 2 * (firstPoint + candidate / perPoint);
                    passed.add(found(mask, measures.get(chosen[i]), ious[candidate], points[point], points[point + 1]));
                });
            });
        }

        private boolean passes(MaskMeasure measure) {
            boolean stable = settings.stabilityThreshold() <= 0 || measure.stability() >= settings.stabilityThreshold();
            return stable && !isNearCropEdge(measure.box().shifted(crop.left(), crop.top()), crop, width, height);
        }

        private Passed found(BinaryMask mask, MaskMeasure measure, float iou, double x, double y) {
            return new Passed(
                    held(mask),
                    measure.box().shifted(crop.left(), crop.top()),
                    iou,
                    measure.stability(),
                    x + crop.left(),
                    y + crop.top());
        }

        /** Each of the two holds on to its own form alone. */
        private Supplier<CocoRle> held(BinaryMask mask) {
            CocoRle runs = CocoRle.ofPart(mask, crop.left(), crop.top(), width, height);
            long bits = (long) mask.width() * mask.height();
            return (long) Integer.SIZE * runs.runs() <= bits
                    ? () -> runs
                    : () -> CocoRle.ofPart(mask, crop.left(), crop.top(), width, height);
        }
    }

    /** Frees its working memory. */
    @Override
    public void close() {
        reader.close();
    }
}
