package dev.earshot.tools.parity.kinds;

import dev.earshot.segmentation.training.NeighbourSearch;
import dev.earshot.segmentation.training.NeighbourTable;
import dev.earshot.segmentation.training.TripletSampler;
import dev.earshot.segmentation.training.WorkProgress;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.HostTensor;
import dev.earshot.tensor.ReduceOp;
import dev.earshot.tensor.SplitMix64;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.Workspace;
import dev.earshot.tools.parity.GoldenCase;
import dev.earshot.tools.parity.KindRunner;
import java.util.Map;

/** The table of nearest neighbours and the triplets drawn from it. */
public final class NeighbourKinds {
    /** Kind to runner. */
    public static final Map<String, KindRunner> RUNNERS =
            Map.of("knn.table_and_sampling", NeighbourKinds::tableAndSampling);

    private static final long WORKSPACE_BYTES = 1 << 16;
    private static final float UNIT_EPS = 1e-12f;

    /** Smaller than the case, so that lists are merged over several blocks. */
    private static final int BLOCK = 16;

    private NeighbourKinds() {}

    private static Map<String, HostTensor> tableAndSampling(GoldenCase golden, Backend b, DType compute) {
        int n = golden.intOption("N");
        int c = golden.intOption("C");
        int k = golden.intOption("K");
        int batch = golden.intOption("batch");
        int steps = golden.intOption("steps");
        long seed = golden.intOption("seed");
        HostTensor global = HostTensor.of(features(golden.input("tokens"), b), n, c);
        NeighbourTable table = new NeighbourSearch(k, BLOCK).run(b, global, new int[0], WorkProgress.NONE);

        TripletSampler sampler = new TripletSampler(table, batch, seed);
        int[] anchors = new int[steps * batch];
        int[] positives = new int[steps * batch];
        int[] negatives = new int[steps * batch];
        for (int step = 0; step < steps; step++) {
            TripletSampler.Batch drawn = sampler.next();
            System.arraycopy(drawn.anchors(), 0, anchors, step * batch, batch);
            System.arraycopy(drawn.positives(), 0, positives, step * batch, batch);
            System.arraycopy(drawn.negatives(), 0, negatives, step * batch, batch);
        }
        return Map.of(
                "expected.global", global,
                "expected.neighbours", HostTensors.of(table.neighbours(), n, k),
                "expected.similarity", HostTensor.of(table.similarities(), n, k),
                "expected.order", HostTensors.of(TripletSampler.permutation(new SplitMix64(seed), n), n),
                "expected.anchors", HostTensors.of(anchors, steps, batch),
                "expected.positives", HostTensors.of(positives, steps, batch),
                "expected.negatives", HostTensors.of(negatives, steps, batch));
    }

    /** The mean token of each image at unit length. */
    private static float[] features(HostTensor tokens, Backend b) {
        try (Workspace ws = b.workspace(WORKSPACE_BYTES)) {
            Tensor x = b.upload(ws, tokens, DType.F32);
            Tensor mean = ws.allocate(DType.F32, x.dim(0), x.dim(2));
            b.reduce(ReduceOp.MEAN, x, 1, mean);
            Tensor unit = ws.allocate(DType.F32, mean.shape());
            b.l2Normalize(mean, UNIT_EPS, unit);
            return b.download(unit);
        }
    }
}
