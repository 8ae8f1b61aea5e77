package dev.earshot.bench.jmh;

import dev.earshot.models.Filler;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.BinaryOp;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.Workspace;
import org.openjdk.jmh.annotations.Param;

/**
 * The fusing attention of an audio-visual adapter, out = u + gate softmax(scale u t^T) t, as one op, beside product, softmax,
 * product, scaling and addition with every intermediate in memory; both captured as programs. 257 tokens of width 32 per
 * image, four latents.
 */
public class CrossModalFusionBench extends FusionBench {
    private static final int TOKENS = 257;
    private static final int WIDTH = 32;
    private static final int LATENTS = 4;
    private static final float SCALE = (float) (1 / Math.sqrt(WIDTH));

    /** Images. */
    @Param({"8", "24"})
    public int batch;

    private Tensor fusedOut;
    private Tensor unfusedOut;

    @Override
    protected Pair prepare(Backend backend, Workspace workspace) {
        Tensor u = backend.upload(workspace, Filler.tensor("input.tokens", batch, TOKENS, WIDTH), DType.F32);
        Tensor t = backend.upload(workspace, Filler.tensor("input.latents", batch, LATENTS, WIDTH), DType.F32);
        Tensor gate = workspace.allocate(DType.F32, 1);
        backend.training().fill(gate, 0.5f);
        Tensor scores = workspace.allocate(DType.F32, batch, TOKENS, LATENTS);
        Tensor weights = workspace.allocate(DType.F32, batch, TOKENS, LATENTS);
        Tensor mixed = workspace.allocate(DType.F32, batch, TOKENS, WIDTH);
        fusedOut = workspace.allocate(DType.F32, u.shape());
        unfusedOut = workspace.allocate(DType.F32, u.shape());
        return new Pair(b -> b.crossModalAttention(u, t, gate, SCALE, fusedOut), b -> {
            b.matmul(u, t.transpose(1, 2), 1, scores);
            b.softmax(scores, SCALE, weights);
            b.matmul(weights, t, 1, mixed);
            b.binary(BinaryOp.MULTIPLY, mixed, gate, mixed);
            b.binary(BinaryOp.ADD, u, mixed, unfusedOut);
        });
    }

    @Override
    protected float[][] results(Backend backend) {
        return new float[][] {backend.download(fusedOut), backend.download(unfusedOut)};
    }
}
