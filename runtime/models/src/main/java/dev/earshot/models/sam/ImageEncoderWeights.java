package dev.earshot.models.sam;

import dev.earshot.models.vit.LayerNormWeights;
import dev.earshot.models.vit.LinearWeights;
import dev.earshot.models.vit.PatchEmbed;
import dev.earshot.tensor.ConvolutionOptions;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.HostTensor;
import dev.earshot.tensor.ParameterScope;
import dev.earshot.tensor.weights.Weight;
import java.util.List;
import java.util.stream.IntStream;

/** The declared tensors of the image encoder, before they are read. */
record ImageEncoderWeights(
        Weight positions,
        LinearWeights patchEmbed,
        List<Block> blocks,
        Weight neckReduce,
        LayerNormWeights neckNorm1,
        Weight neckConvolution,
        LayerNormWeights neckNorm2) {

    /** The declared tensors of one block. */
    record Block(
            LayerNormWeights norm1,
            LinearWeights qkv,
            Weight rows,
            Weight columns,
            LinearWeights proj,
            LayerNormWeights norm2,
            LinearWeights lin1,
            LinearWeights lin2) {
        static Block declare(SamLoader loader, String block, SamGrid grid, SamConfig.Encoder config, boolean global) {
            int width = config.width();
            int h = global ? grid.rows() : config.window();
            int w = global ? grid.columns() : config.window();
            return new Block(
                    loader.layerNorm(block + ".norm1", width),
                    loader.linear(block + ".attn.qkv", 3 * width, width),
                    loader.table(block + ".attn.rel_pos_h", 2L * h - 1, config.headDim()),
                    loader.table(block + ".attn.rel_pos_w", 2L * w - 1, config.headDim()),
                    loader.linear(block + ".attn.proj", width, width),
                    loader.layerNorm(block + ".norm2", width),
                    loader.linear(block + ".mlp.lin1", config.mlpWidth(), width),
                    loader.linear(block + ".mlp.lin2", width, config.mlpWidth()));
        }

        SamBlock prepare(ParameterScope scope, SamGrid grid, SamConfig.Encoder config, boolean global, DType compute) {
            int h = global ? grid.rows() : config.window();
            int w = global ? grid.columns() : config.window();
            return new SamBlock(
                    grid,
                    config.heads(),
                    global ? 0 : config.window(),
                    norm1.prepare(scope, SamConfig.LAYER_NORM_EPS),
                    qkv.prepare(scope, compute),
                    scope.tensor(qkv.biases().getFirst().read(), DType.F32),
                    RelativePositions.prepare(scope, rows.read(), columns.read(), h, w),
                    proj.prepare(scope, compute),
                    norm2.prepare(scope, SamConfig.LAYER_NORM_EPS),
                    lin1.prepare(scope, compute),
                    lin2.prepare(scope, compute));
        }
    }

    static ImageEncoderWeights declare(SamLoader loader, SamGrid grid, SamConfig.Encoder config) {
        int width = config.width();
        int out = config.outputWidth();
        int patch = grid.patchSize();
        return new ImageEncoderWeights(
                loader.tensor("image_encoder.pos_embed", 1, grid.rows(), grid.columns(), width),
                new LinearWeights(
                        List.of(loader.tensor(
                                SamKeys.PATCH_EMBED + ".weight", width, SamImageEncoder.CHANNELS, patch, patch)),
                        List.of(loader.tensor(SamKeys.PATCH_EMBED + ".bias", width))),
                IntStream.range(0, config.depth())
                        .mapToObj(i ->
                                Block.declare(loader, "image_encoder.blocks." + i, grid, config, config.isGlobal(i)))
                        .toList(),
                loader.tensor("image_encoder.neck.0.weight", out, width, 1, 1),
                loader.layerNorm("image_encoder.neck.1", out),
                loader.tensor("image_encoder.neck.2.weight", out, out, 3, 3),
                loader.layerNorm("image_encoder.neck.3", out));
    }

    SamImageEncoder prepare(ParameterScope scope, SamGrid grid, SamConfig.Encoder config, DType compute) {
        return new SamImageEncoder(
                grid,
                config,
                preparePatchEmbed(scope, grid, config),
                scope.tensor(positions.read().reshape(1, grid.tokens(), config.width()), DType.F32),
                IntStream.range(0, config.depth())
                        .mapToObj(i -> blocks.get(i).prepare(scope, grid, config, config.isGlobal(i), compute))
                        .toList(),
                new SamNeck(
                        grid,
                        scope.linear(neckReduce.read().reshape(config.outputWidth(), config.width()), compute),
                        neckNorm1.prepare(scope, SamConfig.LAYER_NORM_EPS),
                        scope.convolution(neckConvolution.read(), ConvolutionOptions.of(1, 1), compute),
                        neckNorm2.prepare(scope, SamConfig.LAYER_NORM_EPS)));
    }

    private PatchEmbed preparePatchEmbed(ParameterScope scope, SamGrid grid, SamConfig.Encoder config) {
        int patch = grid.patchSize();
        HostTensor kernel = patchEmbed.weights().getFirst().read();
        HostTensor rows = kernel.reshape(config.width(), (long) SamImageEncoder.CHANNELS * patch * patch);
        return new PatchEmbed(
                scope.linear(rows, patchEmbed.biases().getFirst().read(), DType.F32),
                SamImageEncoder.CHANNELS,
                patch,
                patch);
    }
}
