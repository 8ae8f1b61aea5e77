package dev.earshot.segmentation.cascade;

import dev.earshot.segmentation.BinaryMask;
import dev.earshot.segmentation.PixelBox;
import dev.earshot.segmentation.image.RgbImage;
import java.util.ArrayList;
import java.util.List;

/** Holds parts of a frame against its sound: the cosine between their embeddings. Owns the networks. */
final class RegionScorer implements AutoCloseable {
    private final JointEmbedder embedder;
    private final RegionCrop crop;

    RegionScorer(JointEmbedder embedder, RegionCrop crop) {
        this.embedder = embedder;
        this.crop = crop;
    }

    /**
     * A part of a frame.
     *
     * @param mask the object, of the frame's size
     * @param box what is cut out for it
     */
    record Candidate(BinaryMask mask, PixelBox box) {}

    /** The masks that leave enough to be cut out, with their boxes. */
    List<Candidate> candidates(List<BinaryMask> masks) {
        List<Candidate> candidates = new ArrayList<>();
        for (BinaryMask mask : masks) {
            crop.rectangle(mask).ifPresent(box -> candidates.add(new Candidate(mask, box)));
        }
        return candidates;
    }

    /** The cut-out pictures as the network takes them. */
    List<float[]> pictures(RgbImage frame, List<Candidate> candidates) {
        return candidates.stream()
                .map(c -> crop.prepare(frame, c.box(), c.mask(), embedder.side()))
                .toList();
    }

    /**
     * The cosine of each picture with the sound.
     *
     * @throws IllegalStateException if a network gives no finite number
     */
    double[] cosines(List<float[]> pictures, float[] sound) {
        if (pictures.isEmpty()) {
            return new double[0];
        }
        float[] heard = embedder.sound(sound);
        List<float[]> seen = embedder.pictures(pictures);
        double[] cosines = new double[pictures.size()];
        for (int i = 0; i < cosines.length; i++) {
            cosines[i] = cosine(seen.get(i), heard);
            if (!Double.isFinite(cosines[i])) {
                throw new IllegalStateException(
                        "%s: expected a finite cosine between picture and sound, got %s for proposal %d of %d — the weights are damaged or too large for this precision"
                                .formatted(embedder.name(), cosines[i], i, cosines.length));
            }
        }
        return cosines;
    }

    /** NaN where either has no direction. */
    private static double cosine(float[] a, float[] b) {
        double both = 0;
        double aa = 0;
        double bb = 0;
        for (int c = 0; c < a.length; c++) {
            both += (double) a[c] * b[c];
            aa += (double) a[c] * a[c];
            bb += (double) b[c] * b[c];
        }
        return both / (Math.sqrt(aa) * Math.sqrt(bb));
    }

    @Override
    public void close() {
        embedder.close();
    }
}
