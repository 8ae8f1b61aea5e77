package dev.earshot.segmentation.moca;

import dev.earshot.tensor.Backend;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.KMeansSettings;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.Workspace;
import java.util.Optional;

/**
 * What the choice of clusters and the drawing of pixels need of a batch of frames, gathered by the backend into one row per
 * frame, so that it comes to the host in one copy: labels and cosines of the tokens (where each frame is clustered by
 * itself), the sound, the tokens of the joint space. {@link #gather} is captured with the networks; the rest reads its
 * result on the host.
 *
 * @param tokens P of a frame
 * @param clusters K; 0 where the frames are not clustered here
 * @param jointWidth J
 */
public record FrameRows(int tokens, int clusters, int jointWidth) {
    /**
     * Gathers rows, after clustering each frame if so asked.
     *
     * @param features [B, P, C]; not read without clustering
     * @param indices I32 [B], numbers of the frames in their clip
     * @param kMeans how each frame is clustered by itself, if it is
     * @param joint [B, P, J], tokens in the joint space, not normalised
     * @param audio [B, J], audio embeddings
     * @return F32 [B, {@link #width}], contiguous
     */
    public static Tensor gather(
            Backend b,
            Workspace ws,
            Tensor features,
            Tensor indices,
            Optional<KMeansSettings> kMeans,
            Tensor joint,
            Tensor audio) {
        FrameRows layout = of(kMeans, joint);
        Tensor rows = ws.allocate(DType.F32, joint.dim(0), layout.width());
        kMeans.ifPresent(settings -> {
            try (Workspace.Frame _ = ws.frame()) {
                cluster(b, ws, features, indices, settings, layout, rows);
            }
        });
        b.copy(audio, rows.slice(1, layout.audioAt(), layout.jointAt()));
        b.copy(flat(joint), rows.slice(1, layout.jointAt(), layout.width()));
        return rows;
    }

    private static void cluster(
            Backend b,
            Workspace ws,
            Tensor features,
            Tensor indices,
            KMeansSettings settings,
            FrameRows layout,
            Tensor rows) {
        long frames = features.dim(0);
        long tokens = features.dim(1);
        int clusters = settings.clusters();
        Tensor labels = ws.allocate(DType.I32, frames, tokens);
        Tensor centroids = ws.allocate(DType.F32, frames, clusters, features.dim(2));
        Tensor similarities = ws.allocate(DType.F32, frames, tokens, clusters);
        Tensor inertia = ws.allocate(DType.F32, frames);
        b.cosineKMeans(features, indices, settings, labels, centroids, similarities, inertia);
        b.copy(labels, rows.slice(1, 0, tokens)); // small integers: exact in fp32
        b.copy(flat(similarities), rows.slice(1, tokens, layout.audioAt()));
    }

    private static Tensor flat(Tensor x) {
        return x.reshape(x.dim(0), x.dim(1) * x.dim(2));
    }

    /** The layout that {@link #gather} gives rows of these settings and joint tokens. */
    public static FrameRows of(Optional<KMeansSettings> kMeans, Tensor joint) {
        return new FrameRows(
                Math.toIntExact(joint.dim(1)),
                kMeans.map(KMeansSettings::clusters).orElse(0),
                Math.toIntExact(joint.dim(2)));
    }

    /** Values of a row. */
    public int width() {
        return Math.addExact(jointAt(), Math.multiplyExact(tokens, jointWidth));
    }

    /** Where the sound [J] starts within a row. */
    public int audioAt() {
        return tokens * (clusters == 0 ? 0 : 1 + clusters);
    }

    /** Where the joint tokens [P, J] start within a row. */
    public int jointAt() {
        return audioAt() + jointWidth;
    }

    /** Copies labels and cosines of the row that starts at {@code row} of {@code values} into {@code out}. */
    public void readClusters(float[] values, int row, FrameClusters out) {
        for (int i = 0; i < tokens; i++) {
            out.labels()[i] = (int) values[row + i];
        }
        System.arraycopy(values, row + tokens, out.similarities(), 0, tokens * clusters);
    }
}
