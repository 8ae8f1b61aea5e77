package dev.earshot.segmentation.sam;

import dev.earshot.models.sam.Sam;
import dev.earshot.models.sam.SamEmbedding;
import dev.earshot.models.sam.SamPrompts;
import dev.earshot.segmentation.PixelBox;
import dev.earshot.segmentation.image.RgbImage;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.MaskResize;
import java.util.List;
import java.util.function.IntConsumer;

/**
 * Finds the masks of everything in a picture: asks SAM about a grid of points and keeps what {@link MaskSelection} keeps.
 *
 * <p>Owns its working memory, not the model; close it first. One thread at a time. Holds one decoding pass, a copy of
 * those of its logits that pass the first test, and the masks that passed all, as run lengths or bits ({@link MaskSelection}
 * says how much that can be).
 */
public final class AutomaticMaskGenerator implements AutoCloseable {
    private final Sam sam;
    private final SamTransform transform;
    private final GeneratorSettings settings;
    private final MaskSelection selection;

    /** Asks {@code sam}, which runs on {@code backend}; both stay open. */
    public AutomaticMaskGenerator(Backend backend, Sam sam, GeneratorSettings settings) {
        this.sam = sam;
        this.settings = settings;
        this.transform = SamPredictor.transform(sam);
        this.selection = new MaskSelection(backend, settings);
    }

    /** The settings. */
    public GeneratorSettings settings() {
        return settings;
    }

    /** The masks of a picture, best first within a crop. */
    public List<GeneratedMask> generate(RgbImage image) {
        return generate(image, points -> {});
    }

    /**
     * As {@link #generate(RgbImage)}.
     *
     * @param progress is told how many points have been asked, of {@link #points}
     */
    public List<GeneratedMask> generate(RgbImage image, IntConsumer progress) {
        return selection.select(new SamCandidates(image, progress), image.width(), image.height());
    }

    /** How many points are asked about a picture of this size, over all crops. */
    public int points(int width, int height) {
        return settings.crops(width, height).stream()
                .mapToInt(crop -> settings.grid(crop.layer()).count())
                .sum();
    }

    /** Frees its working memory; the model stays. */
    @Override
    public void close() {
        selection.close();
    }

    /** The model as a source of candidates. */
    private final class SamCandidates implements CandidateSource {
        private final RgbImage image;
        private final IntConsumer progress;
        private int asked;

        SamCandidates(RgbImage image, IntConsumer progress) {
            this.image = image;
            this.progress = progress;
        }

        @Override
        public View open(Crop crop) {
            RgbImage part = cut(image, crop.box());
            SamTransform.Geometry geometry = transform.geometry(part.width(), part.height());
            SamEmbedding embedding = sam.embed(transform.apply(part));
            return new View() {
                @Override
                public MaskResize resize() {
                    return geometry.maskResize();
                }

                @Override
                public void decode(double[] points, Sink sink) {
                    SamPrompts prompts = SamPrompts.ofPoints(geometry.toFrame(points));
                    sam.decode(embedding, prompts, settings.multimask(), sink::accept);
                    asked += prompts.count();
                    progress.accept(asked);
                }

                @Override
                public void close() {
                    embedding.close();
                }
            };
        }
    }

    private static RgbImage cut(RgbImage image, PixelBox box) {
        if (box.width() == image.width() && box.height() == image.height()) {
            return image;
        }
        RgbImage part = RgbImage.black(box.width(), box.height());
        for (int y = 0; y < box.height(); y++) {
            int from = 3 * ((box.top() + y) * image.width() + box.left());
            System.arraycopy(image.rgb(), from, part.rgb(), 3 * y * box.width(), 3 * box.width());
        }
        return part;
    }
}
