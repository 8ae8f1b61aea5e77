package dev.earshot.models.sam;

import dev.earshot.models.Filler;
import dev.earshot.tensor.Shape;
import dev.earshot.tensor.weights.Weights;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Checkpoints of SAM's form, written from the tables of the published files and not by the code under test. */
final class SamCheckpoints {
    /** Three blocks of width 24 over 5 x 3 patches in windows of 2, the second one global; embeddings of width 16. */
    static final SamConfig TINY = new SamConfig(
            new SamGrid(5, 3, 4),
            new SamConfig.Encoder(24, 3, 3, 40, 2, List.of(1), 16),
            new SamConfig.Decoder(16, 8, 2, 2, 20, 2, 12, 3, 3),
            false);

    private static final List<String> ATTENTIONS =
            List.of("self_attn", "cross_attn_token_to_image", "cross_attn_image_to_token");

    private final Map<String, Shape> shapes = new LinkedHashMap<>();

    private SamCheckpoints() {}

    /** Sizes of every tensor of a file under the authors' names. */
    static Map<String, Shape> original(SamConfig config) {
        SamCheckpoints checkpoint = new SamCheckpoints();
        checkpoint.encoder(config.grid(), config.encoder());
        checkpoint.promptEncoder(config.decoder());
        checkpoint.decoder(config.decoder());
        if (config.highQuality()) {
            checkpoint.highQuality(config.encoder().width(), config.decoder().width());
        }
        return checkpoint.shapes;
    }

    /** A file of these sizes under the authors' names. */
    static Weights file(SamConfig config) {
        return new Filler("sam.safetensors", original(config), Map.of());
    }

    private void encoder(SamGrid grid, SamConfig.Encoder encoder) {
        int width = encoder.width();
        add("image_encoder.pos_embed", 1, grid.rows(), grid.columns(), width);
        add("image_encoder.patch_embed.proj.weight", width, 3, grid.patchSize(), grid.patchSize());
        add("image_encoder.patch_embed.proj.bias", width);
        for (int i = 0; i < encoder.depth(); i++) {
            String block = "image_encoder.blocks." + i + ".";
            boolean global = encoder.globalBlocks().contains(i);
            norm(block + "norm1", width);
            add(block + "attn.rel_pos_h", 2L * (global ? grid.rows() : encoder.window()) - 1, width / encoder.heads());
            add(
                    block + "attn.rel_pos_w",
                    2L * (global ? grid.columns() : encoder.window()) - 1,
                    width / encoder.heads());
            linear(block + "attn.qkv", 3 * width, width);
            linear(block + "attn.proj", width, width);
            norm(block + "norm2", width);
            linear(block + "mlp.lin1", encoder.mlpWidth(), width);
            linear(block + "mlp.lin2", width, encoder.mlpWidth());
        }
        int out = encoder.outputWidth();
        add("image_encoder.neck.0.weight", out, width, 1, 1);
        norm("image_encoder.neck.1", out);
        add("image_encoder.neck.2.weight", out, out, 3, 3);
        norm("image_encoder.neck.3", out);
    }

    private void promptEncoder(SamConfig.Decoder decoder) {
        int width = decoder.width();
        int channels = decoder.maskChannels();
        add("prompt_encoder.pe_layer.positional_encoding_gaussian_matrix", 2, width / 2);
        for (int i = 0; i < 4; i++) {
            add("prompt_encoder.point_embeddings." + i + ".weight", 1, width);
        }
        add("prompt_encoder.not_a_point_embed.weight", 1, width);
        add("prompt_encoder.no_mask_embed.weight", 1, width);
        convolution("prompt_encoder.mask_downscaling.0", channels / 4, channels / 4, 1, 2);
        norm("prompt_encoder.mask_downscaling.1", channels / 4);
        convolution("prompt_encoder.mask_downscaling.3", channels, channels, channels / 4, 2);
        norm("prompt_encoder.mask_downscaling.4", channels);
        convolution("prompt_encoder.mask_downscaling.6", width, width, channels, 1);
    }

    private void decoder(SamConfig.Decoder decoder) {
        int width = decoder.width();
        int cross = width / decoder.downsample();
        add("mask_decoder.iou_token.weight", 1, width);
        add("mask_decoder.mask_tokens.weight", decoder.multimaskOutputs() + 1L, width);
        for (int i = 0; i < decoder.depth(); i++) {
            String layer = "mask_decoder.transformer.layers." + i + ".";
            for (String attention : ATTENTIONS) {
                attention(layer + attention, width, attention.equals("self_attn") ? width : cross);
            }
            for (int n = 1; n <= 4; n++) {
                norm(layer + "norm" + n, width);
            }
            linear(layer + "mlp.lin1", decoder.mlpWidth(), width);
            linear(layer + "mlp.lin2", width, decoder.mlpWidth());
        }
        attention("mask_decoder.transformer.final_attn_token_to_image", width, cross);
        norm("mask_decoder.transformer.norm_final_attn", width);
        convolution("mask_decoder.output_upscaling.0", width / 4, width, width / 4, 2);
        norm("mask_decoder.output_upscaling.1", width / 4);
        convolution("mask_decoder.output_upscaling.3", width / 8, width / 4, width / 8, 2);
        for (int t = 0; t <= decoder.multimaskOutputs(); t++) {
            network("mask_decoder.output_hypernetworks_mlps." + t, width, width, width / 8);
        }
        network("mask_decoder.iou_prediction_head", width, decoder.iouHidden(), decoder.multimaskOutputs() + 1);
    }

    private void highQuality(int encoderWidth, int width) {
        add("mask_decoder.hf_token.weight", 1, width);
        network("mask_decoder.hf_mlp", width, width, width / 8);
        convolution("mask_decoder.compress_vit_feat.0", width, encoderWidth, width, 2);
        norm("mask_decoder.compress_vit_feat.1", width);
        convolution("mask_decoder.compress_vit_feat.3", width / 8, width, width / 8, 2);
        convolution("mask_decoder.embedding_encoder.0", width / 4, width, width / 4, 2);
        norm("mask_decoder.embedding_encoder.1", width / 4);
        convolution("mask_decoder.embedding_encoder.3", width / 8, width / 4, width / 8, 2);
        convolution("mask_decoder.embedding_maskfeature.0", width / 4, width / 4, width / 8, 3);
        norm("mask_decoder.embedding_maskfeature.1", width / 4);
        convolution("mask_decoder.embedding_maskfeature.3", width / 8, width / 8, width / 4, 3);
    }

    /** The name in the files of the transformers library. */
    static String huggingFace(String original) {
        String[][] table = {
            {"image_encoder.blocks.", "vision_encoder.layers."},
            {"image_encoder.", "vision_encoder."},
            {".patch_embed.proj.", ".patch_embed.projection."},
            {".neck.0.", ".neck.conv1."},
            {".neck.1.", ".neck.layer_norm1."},
            {".neck.2.", ".neck.conv2."},
            {".neck.3.", ".neck.layer_norm2."},
            {
                "prompt_encoder.pe_layer.positional_encoding_gaussian_matrix",
                "shared_image_embedding.positional_embedding"
            },
            {".point_embeddings.", ".point_embed."},
            {".mask_downscaling.0.", ".mask_embed.conv1."},
            {".mask_downscaling.1.", ".mask_embed.layer_norm1."},
            {".mask_downscaling.3.", ".mask_embed.conv2."},
            {".mask_downscaling.4.", ".mask_embed.layer_norm2."},
            {".mask_downscaling.6.", ".mask_embed.conv3."},
            {".norm_final_attn.", ".layer_norm_final_attn."},
            {".norm1.", ".layer_norm1."},
            {".norm2.", ".layer_norm2."},
            {".norm3.", ".layer_norm3."},
            {".norm4.", ".layer_norm4."},
            {".output_upscaling.0.", ".upscale_conv1."},
            {".output_upscaling.1.", ".upscale_layer_norm."},
            {".output_upscaling.3.", ".upscale_conv2."},
            {".hf_token.", ".hq_token."},
            {".hf_mlp.", ".hq_mask_mlp."},
            {".compress_vit_feat.0.", ".compress_vit_conv1."},
            {".compress_vit_feat.1.", ".compress_vit_norm."},
            {".compress_vit_feat.3.", ".compress_vit_conv2."},
            {".embedding_encoder.0.", ".encoder_conv1."},
            {".embedding_encoder.1.", ".encoder_norm."},
            {".embedding_encoder.3.", ".encoder_conv2."},
            {".embedding_maskfeature.0.", ".mask_conv1."},
            {".embedding_maskfeature.1.", ".mask_norm."},
            {".embedding_maskfeature.3.", ".mask_conv2."},
        };
        String name = original;
        for (String[] row : table) {
            name = name.replace(row[0], row[1]);
        }
        boolean network =
                name.contains("_mlps.") || name.contains("hq_mask_mlp.") || name.contains("iou_prediction_head.");
        return !network
                ? name
                : name.replace(".layers.0.", ".proj_in.")
                        .replace(".layers.1.", ".layers.0.")
                        .replace(".layers.2.", ".proj_out.");
    }

    private void attention(String name, int width, int inner) {
        linear(name + ".q_proj", inner, width);
        linear(name + ".k_proj", inner, width);
        linear(name + ".v_proj", inner, width);
        linear(name + ".out_proj", width, inner);
    }

    private void network(String name, int in, int hidden, int out) {
        linear(name + ".layers.0", hidden, in);
        linear(name + ".layers.1", hidden, hidden);
        linear(name + ".layers.2", out, hidden);
    }

    private void linear(String name, int out, int in) {
        add(name + ".weight", out, in);
        add(name + ".bias", out);
    }

    private void norm(String name, int width) {
        add(name + ".weight", width);
        add(name + ".bias", width);
    }

    /** Weight [first, second, kernel, kernel]; the transposed ones have their input first. */
    private void convolution(String name, int bias, int first, int second, int kernel) {
        add(name + ".weight", first, second, kernel, kernel);
        add(name + ".bias", bias);
    }

    private void add(String name, long... dims) {
        shapes.put(name, Shape.of(dims));
    }
}
