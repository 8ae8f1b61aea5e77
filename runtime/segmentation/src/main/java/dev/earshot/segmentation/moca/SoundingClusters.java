package dev.earshot.segmentation.moca;

import dev.earshot.segmentation.internal.UnitVectors;
import java.util.Arrays;
import java.util.Optional;

/**
 * Chooses the clusters that sound. A cluster is taken if its score reaches {@code tauAbs}, lies above the score of the
 * whole frame, and by at least {@code tauRel} of the best cluster's lead. A cluster of more than 90 % of the tokens is the
 * background, unless it is the only one.
 *
 * @param tauAbs least score, a cosine for {@link ClusterScore#JOINT}
 * @param tauRel least lead over the whole frame, as a share of the best lead
 */
public record SoundingClusters(double tauAbs, double tauRel) {
    private static final double BACKGROUND_SHARE = 0.9;

    /** Tokens that are normalised and held against the sound at a time. */
    private static final int TOGETHER = UnitVectors.FOUR;

    /**
     * Scores by the joint space: s_c = cosine between the mean joint-space token of the cluster and the audio embedding.
     *
     * @param labels [tokens]
     * @param clusters K
     * @param joint [tokens, J] from {@code offset} on: the image head applied to every token, any length
     * @param audio [J], any length
     */
    public ClusterChoice byJointSpace(int[] labels, int clusters, float[] joint, int offset, float[] audio) {
        return byJointSpace(labels, clusters, joint, offset, audio, Optional.empty());
    }

    /** As the other, after taking {@code centre} from tokens and sound. */
    public ClusterChoice byJointSpace(
            int[] labels, int clusters, float[] joint, int offset, float[] audio, Optional<JointCentre> centre) {
        return byJointSpace(labels, clusters, joint, offset, audio.length, audio, 0, centre, new Scratch());
    }

    /** Memory for the scores of one frame, used for the next again. */
    public static final class Scratch {
        private float[] sound = {}; // [J]
        private float[] tokens = {}; // [TOGETHER, J]
        private double[] sums = {}; // [K, J]
        private final double[] cosines = new double[TOGETHER];

        /** Empty; grows with the first frame. */
        public Scratch() {}

        private void fit(int clusters, int width) {
            if (sound.length != width || sums.length != clusters * width) {
                sound = new float[width];
                tokens = new float[TOGETHER * width];
                sums = new double[clusters * width];
            }
            Arrays.fill(sums, 0);
        }
    }

    /**
     * As the others, with memory that other frames used before.
     *
     * @param width J, the length of the joint space
     * @param audio audio embeddings, this frame's from {@code audioOffset} on
     */
    public ClusterChoice byJointSpace(
            int[] labels,
            int clusters,
            float[] joint,
            int offset,
            int width,
            float[] audio,
            int audioOffset,
            Optional<JointCentre> centre,
            Scratch memory) {
        memory.fit(clusters, width);
        float[] sound = memory.sound;
        System.arraycopy(audio, audioOffset, sound, 0, width);
        UnitVectors.normalize(sound, 0, width);
        centre.ifPresent(c -> subtractAndNormalize(sound, 0, c.audio()));
        float[] tokens = memory.tokens;
        double[] sums = memory.sums;
        int[] counts = new int[clusters];
        double base = 0;
        for (int i = 0; i < labels.length; i += TOGETHER) {
            int count = Math.min(TOGETHER, labels.length - i);
            int live = UnitVectors.normalizeFour(joint, offset + i * width, tokens, count, width);
            if (centre.isPresent()) {
                live = subtractAndNormalize(tokens, centre.get().image(), live, count);
            }
            UnitVectors.dotFour(tokens, sound, memory.cosines, width);
            for (int t = 0; t < count; t++) {
                int label = labels[i + t];
                counts[label] += live >> t & 1;
                base += memory.cosines[t];
                for (int c = 0; c < width; c++) {
                    sums[label * width + c] += tokens[t * width + c];
                }
            }
        }
        double[] scores = new double[clusters];
        for (int j = 0; j < clusters; j++) {
            scores[j] = counts[j] == 0 ? -1 : cosine(sums, j * width, sound);
        }
        return choose(scores, base / labels.length, counts);
    }

    /**
     * Scores by how much the sound changes the features; see {@link ClusterScore#DELTA}.
     *
     * @param withSound [tokens, C] from {@code offset} on, features of the adapted trunk
     * @param plain the same of the trunk without adapters
     */
    public ClusterChoice byChange(int[] labels, int clusters, float[] withSound, float[] plain, int offset, int width) {
        double[] scores = new double[clusters];
        int[] counts = new int[clusters];
        double base = 0;
        for (int i = 0; i < labels.length; i++) {
            int from = offset + i * width;
            double change = 0;
            double size = 0;
            for (int c = from; c < from + width; c++) {
                double difference = (double) withSound[c] - plain[c];
                change += difference * difference;
                size += (double) plain[c] * plain[c];
            }
            double relative = size > 0 ? Math.sqrt(change / size) : 0;
            scores[labels[i]] += relative;
            counts[labels[i]]++;
            base += relative;
        }
        for (int j = 0; j < clusters; j++) {
            scores[j] = counts[j] == 0 ? -1 : scores[j] / counts[j];
        }
        return choose(scores, base / labels.length, counts);
    }

    private ClusterChoice choose(double[] scores, double base, int[] counts) {
        int all = Arrays.stream(counts).sum();
        int live = 0;
        double bestContrast = Double.NEGATIVE_INFINITY;
        for (int j = 0; j < scores.length; j++) {
            if (counts[j] > 0) {
                live++;
                bestContrast = Math.max(bestContrast, scores[j] - base);
            }
        }
        boolean[] selected = new boolean[scores.length];
        for (int j = 0; j < scores.length; j++) {
            double contrast = scores[j] - base;
            boolean background = counts[j] > BACKGROUND_SHARE * all && live > 1;
            selected[j] = counts[j] > 0
                    && !background
                    && scores[j] >= tauAbs
                    && contrast > 0
                    && contrast >= tauRel * bestContrast;
        }
        return new ClusterChoice(scores, base, selected);
    }

    private static boolean subtractAndNormalize(float[] data, int from, float[] mean) {
        for (int c = 0; c < mean.length; c++) {
            data[from + c] -= mean[c];
        }
        return UnitVectors.normalize(data, from, mean.length);
    }

    /** Of those tokens whose bit in {@code live} is set; returns the bits of those that still have a direction. */
    private static int subtractAndNormalize(float[] tokens, float[] mean, int live, int count) {
        int directed = 0;
        for (int t = 0; t < count; t++) {
            if ((live >> t & 1) != 0 && subtractAndNormalize(tokens, t * mean.length, mean)) {
                directed |= 1 << t;
            }
        }
        return directed;
    }

    private static double cosine(double[] sums, int from, float[] unit) {
        double dot = 0;
        double square = 0;
        for (int c = 0; c < unit.length; c++) {
            dot += sums[from + c] * unit[c];
            square += sums[from + c] * sums[from + c];
        }
        return square > UnitVectors.EPS * UnitVectors.EPS ? dot / Math.sqrt(square) : 0;
    }
}
