package dev.earshot.tools.parity.kinds;

import com.fasterxml.jackson.databind.JsonNode;
import dev.earshot.models.sam.Sam;
import dev.earshot.models.sam.SamConfig;
import dev.earshot.models.sam.SamEmbedding;
import dev.earshot.models.sam.SamGrid;
import dev.earshot.models.sam.SamOptions;
import dev.earshot.models.sam.SamPrompts;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.HostTensor;
import dev.earshot.tensor.Tensor;
import dev.earshot.tools.parity.GoldenCase;
import dev.earshot.tools.parity.KindRunner;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Whole SAM models: plain SAM under Hugging Face's names, and HQ-SAM. */
public final class SamModelKinds {
    /** Kind to runner. */
    public static final Map<String, KindRunner> RUNNERS =
            Map.of("sam.full_hf", SamModelKinds::huggingFace, "hq_sam.full", SamModelKinds::highQuality);

    private static final Pattern HUGGING_FACE =
            Pattern.compile("expected\\.(eps1e5\\.)?(\\w+)\\.(multi|single)\\.pred_masks");
    private static final Pattern HIGH_QUALITY = Pattern.compile("expected\\.(\\w+)\\.(multi|single)\\.(hq|sum)\\.iou");

    /** Of the cross attention in HQ-SAM's code, which has no option for it. */
    private static final int DOWNSAMPLE = 2;

    private SamModelKinds() {}

    private static Map<String, HostTensor> huggingFace(GoldenCase golden, Backend b, DType compute) {
        Results results = new Results(golden, b);
        double own = golden.config()
                .path("mask_decoder_config")
                .path("layer_norm_eps")
                .asDouble();
        for (boolean original : new boolean[] {false, true}) {
            SamOptions options = SamCases.options(compute, original ? SamOptions.DECODER_EPS : own);
            try (Sam sam = Sam.load(b, golden.weights(), huggingFaceSizes(golden), options)) {
                huggingFace(golden, b, sam, original, results);
            }
        }
        return results.tensors();
    }

    private static SamConfig huggingFaceSizes(GoldenCase golden) {
        JsonNode vision = golden.config().path("vision_config");
        JsonNode prompt = golden.config().path("prompt_encoder_config");
        JsonNode mask = golden.config().path("mask_decoder_config");
        int patch = vision.path("patch_size").asInt();
        int side = vision.path("image_size").asInt() / patch;
        int width = vision.path("hidden_size").asInt();
        return new SamConfig(
                new SamGrid(side, side, patch),
                new SamConfig.Encoder(
                        width,
                        vision.path("num_hidden_layers").asInt(),
                        vision.path("num_attention_heads").asInt(),
                        (int) (width * vision.path("mlp_ratio").asDouble()),
                        vision.path("window_size").asInt(),
                        SamKinds.integers(vision.path("global_attn_indexes")),
                        vision.path("output_channels").asInt()),
                new SamConfig.Decoder(
                        mask.path("hidden_size").asInt(),
                        prompt.path("mask_input_channels").asInt(),
                        mask.path("num_hidden_layers").asInt(),
                        mask.path("num_attention_heads").asInt(),
                        mask.path("mlp_dim").asInt(),
                        mask.path("attention_downsample_rate").asInt(),
                        mask.path("iou_head_hidden_dim").asInt(),
                        mask.path("iou_head_depth").asInt(),
                        mask.path("num_multimask_outputs").asInt()),
                false);
    }

    /** All subcases of one epsilon, image by image; results are put together along the batch. */
    private static void huggingFace(GoldenCase golden, Backend b, Sam sam, boolean original, Results results) {
        HostTensor pixels = golden.input("pixel_values");
        int images = Math.toIntExact(pixels.shape().dim(0));
        List<SamEmbedding> embeddings = new ArrayList<>();
        try {
            List<float[]> planes = new ArrayList<>();
            for (int i = 0; i < images; i++) {
                embeddings.add(sam.embed(sample(pixels, i)));
                Tensor tokens = embeddings.getLast().tokens();
                planes.add(b.download(tokens.transpose(1, 2)));
            }
            if (!original) {
                results.put(
                        "expected.image_embeddings",
                        HostTensors.join(planes),
                        golden.tensor("expected.image_embeddings").shape().toArray());
            }
            for (String tensor : golden.tensorNames()) {
                Matcher match = HUGGING_FACE.matcher(tensor);
                if (match.matches() && (match.group(1) != null) == original) {
                    String stem = tensor.substring(0, tensor.lastIndexOf('.'));
                    boolean multimask = match.group(3).equals("multi");
                    huggingFace(golden, b, sam, embeddings, match.group(2), multimask, stem, results);
                }
            }
        } finally {
            embeddings.forEach(SamEmbedding::close);
        }
    }

    private static void huggingFace(
            GoldenCase golden,
            Backend b,
            Sam sam,
            List<SamEmbedding> embeddings,
            String subcase,
            boolean multimask,
            String stem,
            Results results) {
        List<String> kinds = List.of(subcase.split("_"));
        List<SamCases.Masks> each = new ArrayList<>();
        for (int i = 0; i < embeddings.size(); i++) {
            int index = i;
            SamPrompts one = SamCases.prompts(
                    SamCases.input(golden, kinds, "points", "input_points").map(all -> first(all, index)),
                    SamCases.input(golden, kinds, "points", "input_labels").map(all -> first(all, index)),
                    SamCases.input(golden, kinds, "boxes", "input_boxes").map(all -> first(all, index)),
                    SamCases.input(golden, kinds, "masks", "input_masks").map(all -> sample(all, index)));
            each.add(SamCases.decode(b, sam.decoder(), embeddings.get(i), one, multimask));
        }
        SamCases.Masks joined = new SamCases.Masks(
                HostTensors.join(each.stream().map(SamCases.Masks::logits).toList()),
                HostTensors.join(each.stream().map(SamCases.Masks::iou).toList()),
                each.size(),
                each.getFirst().perPrompt(),
                each.getFirst().height(),
                each.getFirst().width());
        joined.put(
                results,
                stem + ".pred_masks",
                stem + ".iou_scores",
                each.size(),
                each.getFirst().prompts());
    }

    /** Sample {@code index} with a leading axis of 1. */
    private static HostTensor sample(HostTensor batch, int index) {
        long[] dims = batch.shape().toArray();
        long bytes = batch.data().byteSize() / dims[0];
        dims[0] = 1;
        return new HostTensor(
                batch.data().asSlice(index * bytes, bytes), batch.dtype(), dev.earshot.tensor.Shape.of(dims));
    }

    /** Sample {@code index} without its axis. */
    private static HostTensor first(HostTensor batch, int index) {
        HostTensor one = sample(batch, index);
        long[] dims = one.shape().toArray();
        return one.reshape(Arrays.copyOfRange(dims, 1, dims.length));
    }

    private static Map<String, HostTensor> highQuality(GoldenCase golden, Backend b, DType compute) {
        Results results = new Results(golden, b);
        SamOptions options = SamCases.options(compute, golden.numberOption("decoder_layer_norm_eps"));
        for (boolean alone : new boolean[] {false, true}) {
            SamConfig config = highQualitySizes(golden);
            try (Sam sam = Sam.load(b, golden.weights(), config, options.withHqTokenOnly(alone));
                    SamEmbedding image = sam.embed(
                            golden.input("pixel_values"),
                            SamCases.intermediates(golden, results, "mid.", config.grid()))) {
                SamKinds.putPlanes(results, "mid.image_embedding", image.tokens(), config.grid());
                for (String subcase : SamCases.subcases(golden, HIGH_QUALITY, 1)) {
                    SamPrompts prompts = highQualityPrompts(golden, subcase);
                    highQuality(golden, b, sam, image, prompts, subcase, alone, results);
                    if (!alone) {
                        sam.decoder()
                                .observe(
                                        image,
                                        prompts,
                                        SamCases.intermediates(golden, results, "mid." + subcase + ".", config.grid()));
                    }
                }
            }
        }
        return results.tensors();
    }

    private static SamConfig highQualitySizes(GoldenCase golden) {
        int patch = golden.intOption("patch_size");
        int side = golden.intOption("image_size") / patch;
        int width = golden.intOption("embed_dim");
        int prompt = golden.intOption("prompt_embed_dim");
        return new SamConfig(
                new SamGrid(side, side, patch),
                new SamConfig.Encoder(
                        width,
                        golden.intOption("depth"),
                        golden.intOption("num_heads"),
                        (int) (width * golden.numberOption("mlp_ratio")),
                        golden.intOption("window_size"),
                        SamKinds.integers(golden.config().path("global_attn_indexes")),
                        prompt),
                new SamConfig.Decoder(
                        prompt,
                        golden.intOption("mask_in_chans"),
                        golden.intOption("two_way_depth"),
                        golden.intOption("decoder_num_heads"),
                        golden.intOption("decoder_mlp_dim"),
                        DOWNSAMPLE,
                        golden.intOption("iou_head_hidden_dim"),
                        golden.intOption("iou_head_depth"),
                        golden.intOption("num_multimask_outputs")),
                true);
    }

    /** The parts that a subcase is named after; {@code all} of them. */
    private static SamPrompts highQualityPrompts(GoldenCase golden, String subcase) {
        List<String> kinds = subcase.equals("all") ? List.of("points", "boxes", "masks") : List.of(subcase.split("_"));
        return SamCases.prompts(
                SamCases.input(golden, kinds, "points", "point_coords"),
                SamCases.input(golden, kinds, "points", "point_labels"),
                SamCases.input(golden, kinds, "boxes", "boxes"),
                SamCases.input(golden, kinds, "masks", "mask_input"));
    }

    private static void highQuality(
            GoldenCase golden,
            Backend b,
            Sam sam,
            SamEmbedding image,
            SamPrompts prompts,
            String subcase,
            boolean alone,
            Results results) {
        for (String mode : List.of("single", "multi")) {
            String stem = "expected.%s.%s.%s".formatted(subcase, mode, alone ? "hq" : "sum");
            if (golden.has(stem + ".iou")) {
                SamCases.Masks masks = SamCases.decode(b, sam.decoder(), image, prompts, mode.equals("multi"));
                if (golden.has(stem + ".masks")) {
                    masks.put(results, stem + ".masks", stem + ".iou", prompts.count());
                } else {
                    results.put(stem + ".iou", masks.iou(), prompts.count(), 1);
                }
            }
        }
    }
}
