package dev.earshot.bench.jmh;

import dev.earshot.models.Filler;
import dev.earshot.tensor.Activation;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.BinaryOp;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.Linear;
import dev.earshot.tensor.ParameterScope;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.UnaryOp;
import dev.earshot.tensor.Workspace;
import org.openjdk.jmh.annotations.Param;

/**
 * The MLP of a transformer block, y = x + W2 gelu(W1 x + b1) + b2, with GELU and the residual add fused behind the products,
 * beside the same from plain products and two ops over memory; both captured as programs. Rows of width 768, hidden 3072.
 */
public class LinearFusionBench extends FusionBench {
    private static final int WIDTH = 768;
    private static final int HIDDEN = 3072;

    /** Tokens of all images together. */
    @Param({"197", "1576"})
    public int rows;

    /** Type of the products' operands; the residual stream stays F32. */
    @Param({"F32", "BF16"})
    public DType compute;

    private ParameterScope parameters;
    private Tensor fusedOut;
    private Tensor unfusedOut;

    @Override
    protected Pair prepare(Backend backend, Workspace workspace) {
        parameters = backend.parameters();
        Linear widen = layer("fc1", HIDDEN, WIDTH);
        Linear narrow = layer("fc2", WIDTH, HIDDEN);
        Tensor stream = backend.upload(workspace, Filler.tensor("input.stream", rows, WIDTH), DType.F32);
        Tensor x = backend.copy(workspace, stream, compute);
        Tensor hidden = workspace.allocate(compute, rows, HIDDEN);
        Tensor product = workspace.allocate(DType.F32, rows, WIDTH);
        fusedOut = workspace.allocate(DType.F32, rows, WIDTH);
        unfusedOut = workspace.allocate(DType.F32, rows, WIDTH);
        return new Pair(
                b -> {
                    b.linear(x, widen, Activation.GELU, hidden);
                    b.linear(hidden, narrow, Activation.NONE, stream, fusedOut);
                },
                b -> {
                    b.linear(x, widen, Activation.NONE, hidden);
                    b.unary(UnaryOp.GELU, hidden, hidden);
                    b.linear(hidden, narrow, Activation.NONE, product);
                    b.binary(BinaryOp.ADD, stream, product, unfusedOut);
                });
    }

    private Linear layer(String name, int out, int in) {
        return parameters.linear(
                Filler.tensor("mlp." + name + ".weight", out, in),
                Filler.tensor("mlp." + name + ".bias", out),
                compute);
    }

    @Override
    protected void release() {
        parameters.close();
    }

    @Override
    protected float[][] results(Backend backend) {
        return new float[][] {backend.download(fusedOut), backend.download(unfusedOut)};
    }
}
