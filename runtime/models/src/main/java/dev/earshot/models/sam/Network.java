package dev.earshot.models.sam;

import dev.earshot.models.vit.LinearWeights;
import dev.earshot.tensor.Activation;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.Linear;
import dev.earshot.tensor.ParameterScope;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.Workspace;
import java.util.List;

/** Linear layers with ReLU between them: a hypernetwork, the IoU head. In F32: a few rows per prompt. */
record Network(List<Linear> layers) {
    Network {
        layers = List.copyOf(layers);
    }

    static Network prepare(ParameterScope scope, List<LinearWeights> declared) {
        return new Network(
                declared.stream().map(layer -> layer.prepare(scope, DType.F32)).toList());
    }

    /**
     * The network on every row.
     *
     * @param x F32 [B, in]
     * @param out F32 [B, out]
     */
    void apply(Backend b, Workspace ws, Tensor x, Tensor out) {
        try (Workspace.Frame _ = ws.frame()) {
            Tensor hidden = x;
            for (Linear layer : layers.subList(0, layers.size() - 1)) {
                hidden = b.linear(ws, hidden, layer, Activation.RELU);
            }
            b.linear(hidden, layers.getLast(), Activation.NONE, out);
        }
    }
}
