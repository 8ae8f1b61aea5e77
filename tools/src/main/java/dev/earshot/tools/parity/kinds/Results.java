package dev.earshot.tools.parity.kinds;

import dev.earshot.models.vit.BlockHook;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.BinaryOp;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.HostTensor;
import dev.earshot.tensor.Shape;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.Workspace;
import dev.earshot.tools.parity.GoldenCase;
import java.util.LinkedHashMap;
import java.util.Map;

/** The tensors of a case as they come off a backend. */
final class Results {
    private final GoldenCase golden;
    private final Backend backend;
    private final Map<String, HostTensor> tensors = new LinkedHashMap<>();

    Results(GoldenCase golden, Backend backend) {
        this.golden = golden;
        this.backend = backend;
    }

    Map<String, HostTensor> tensors() {
        return tensors;
    }

    void put(String name, Tensor tensor) {
        tensors.put(name, HostTensor.of(backend.download(tensor), tensor.shape().toArray()));
    }

    void put(String name, float[] values, long... dims) {
        tensors.put(name, HostTensor.of(values, dims));
    }

    /** Puts the part of {@code tensor} [B, L, D] that the case holds: its sizes, from token {@code from} and channel 0 on. */
    void putSample(String name, Tensor tensor, long from) {
        Shape sample = golden.tensor(name).shape();
        put(name, tensor.slice(1, from, from + sample.dim(1)).slice(2, 0, sample.dim(2)));
    }

    /** Records the stream after each block as {@code mid.block0}, …, and the attention branch of the first. */
    BlockHook blocks() {
        return new BlockHook() {
            @Override
            public void afterAttention(Backend b, Workspace ws, int block, Tensor x, Tensor y) {
                if (golden.has("mid.block%d_attn".formatted(block))) {
                    try (Workspace.Frame _ = ws.frame()) {
                        Tensor branch = ws.allocate(DType.F32, x.shape());
                        b.binary(BinaryOp.SUBTRACT, y, x, branch);
                        put("mid.block%d_attn".formatted(block), branch);
                    }
                }
            }

            @Override
            public void afterMlp(Backend b, Workspace ws, int block, Tensor y, Tensor out) {
                put("mid.block" + block, out);
            }
        };
    }

    /** Records the part that the case holds of the stream after each block named {@code prefix + block}. */
    BlockHook blockSamples(String prefix) {
        return new BlockHook() {
            @Override
            public void afterMlp(Backend b, Workspace ws, int block, Tensor y, Tensor out) {
                if (golden.has(prefix + block)) {
                    putSample(prefix + block, out, 0);
                }
            }
        };
    }
}
