package dev.earshot.models.sam;

import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The two families of tensor names. The model is written with the authors' names; {@link #of} gives what a file calls the
 * same thing. Tensors are the same in both, in the same layout.
 */
enum SamKeys {
    /** The authors' {@code .pth} files: {@code image_encoder.blocks.0.norm1.weight}. */
    ORIGINAL {
        @Override
        String of(String original) {
            return original;
        }

        @Override
        String layer(String network, int layer, int depth) {
            return network + ".layers." + layer;
        }
    },
    /** The transformers library: {@code vision_encoder.layers.0.layer_norm1.weight}. */
    HUGGING_FACE {
        @Override
        String of(String original) {
            String key = original;
            for (Rule rule : RULES) {
                key = rule.apply(key);
            }
            return key;
        }

        /** The first layer and the last have names of their own, which shifts the numbers of those between by one. */
        @Override
        String layer(String network, int layer, int depth) {
            String name = layer == 0 ? "proj_in" : layer == depth - 1 ? "proj_out" : "layers." + (layer - 1);
            return of(network) + "." + name;
        }
    };

    /** Tells the families apart in a file with an image encoder. */
    static final String PATCH_EMBED = "image_encoder.patch_embed.proj";

    /** Tells the families apart in a file with a decoder. */
    static final String POINT_EMBEDDING = "prompt_encoder.point_embeddings.0";

    /** The random matrix of the Fourier encoding; Hugging Face keeps it under two names. */
    static final String FOURIER = "prompt_encoder.pe_layer.positional_encoding_gaussian_matrix";

    /** The head that predicts how good each mask is. */
    static final String IOU_HEAD = "mask_decoder.iou_prediction_head";

    /** The second name of {@link #FOURIER}; a file may have either or both. */
    static final String FOURIER_HUGGING_FACE = "prompt_encoder.shared_embedding.positional_embedding";

    private static final Map<String, String> NECK =
            Map.of("0", "conv1", "1", "layer_norm1", "2", "conv2", "3", "layer_norm2");
    private static final Map<String, String> MASK_EMBED =
            Map.of("0", "conv1", "1", "layer_norm1", "3", "conv2", "4", "layer_norm2", "6", "conv3");
    private static final Map<String, String> STEPS = Map.of("0", "conv1", "1", "norm", "3", "conv2");

    private static final List<Rule> RULES = List.of(
            Rule.exact(FOURIER, "shared_image_embedding.positional_embedding"),
            Rule.exact("image_encoder\\.neck\\.(\\d)", "vision_encoder.neck.", NECK),
            Rule.exact("image_encoder\\.patch_embed\\.proj", "vision_encoder.patch_embed.projection"),
            Rule.exact("image_encoder\\.blocks\\.(\\d+)\\.norm(\\d)", "vision_encoder.layers.$1.layer_norm$2"),
            Rule.exact("image_encoder\\.blocks", "vision_encoder.layers"),
            Rule.exact("image_encoder", "vision_encoder"),
            Rule.exact("prompt_encoder\\.point_embeddings", "prompt_encoder.point_embed"),
            Rule.exact("prompt_encoder\\.mask_downscaling\\.(\\d)", "prompt_encoder.mask_embed.", MASK_EMBED),
            Rule.exact(
                    "mask_decoder\\.transformer\\.layers\\.(\\d+)\\.norm(\\d)",
                    "mask_decoder.transformer.layers.$1.layer_norm$2"),
            Rule.exact(
                    "mask_decoder\\.transformer\\.norm_final_attn", "mask_decoder.transformer.layer_norm_final_attn"),
            Rule.exact(
                    "mask_decoder\\.output_upscaling\\.(\\d)",
                    "mask_decoder.upscale_",
                    Map.of("0", "conv1", "1", "layer_norm", "3", "conv2")),
            Rule.exact("mask_decoder\\.hf_token", "mask_decoder.hq_token"),
            Rule.exact("mask_decoder\\.hf_mlp", "mask_decoder.hq_mask_mlp"),
            Rule.exact("mask_decoder\\.compress_vit_feat\\.(\\d)", "mask_decoder.compress_vit_", STEPS),
            Rule.exact("mask_decoder\\.embedding_encoder\\.(\\d)", "mask_decoder.encoder_", STEPS),
            Rule.exact("mask_decoder\\.embedding_maskfeature\\.(\\d)", "mask_decoder.mask_", STEPS));

    /**
     * What the file calls a tensor or a module, given the authors' name of it.
     *
     * @param original for example {@code image_encoder.neck.1} or {@code image_encoder.neck.1.weight}
     */
    abstract String of(String original);

    /**
     * What the file calls a layer of a plain network (a hypernetwork, the IoU head), given the authors' name of the network.
     *
     * @param depth how many layers the network has
     */
    abstract String layer(String network, int layer, int depth);

    /**
     * Replaces the start of a name, up to a dot or the end.
     *
     * @param names what the first number found stands for; appended to the replacement
     */
    private record Rule(Pattern from, String to, Map<String, String> names) {
        static Rule exact(String from, String to) {
            return exact(from, to, Map.of());
        }

        static Rule exact(String from, String to, Map<String, String> names) {
            return new Rule(Pattern.compile("^" + from + "(?=\\.|$)"), to, names);
        }

        String apply(String key) {
            Matcher match = from.matcher(key);
            if (!match.find()) {
                return key;
            }
            return match.replaceFirst(names.isEmpty() ? to : to + names.get(match.group(1)));
        }
    }
}
