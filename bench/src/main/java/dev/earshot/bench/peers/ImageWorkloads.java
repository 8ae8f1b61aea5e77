package dev.earshot.bench.peers;

import dev.earshot.tensor.DType;

/** Networks with filler weights that peers run too, by name: inputs in the workspace, all tokens out. */
public final class ImageWorkloads {
    static final int SIDE = 224;

    private ImageWorkloads() {}

    /**
     * Loads a model and captures its pass.
     *
     * @param model {@code dino-vitb16}, {@code dino-vits8}, {@code imagebind-image}, {@code imagebind-audio}, {@code
     *     imagebind-adapted}, {@code sam-vit-b|l|h}
     * @param blocks only that many of its blocks; 0: all
     */
    public static Workload open(String backendName, String model, int batch, int blocks, DType compute) {
        return new PassWorkload(Networks.open(backendName, model, blocks, compute), batch);
    }
}
