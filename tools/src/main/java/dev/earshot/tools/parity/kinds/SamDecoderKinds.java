package dev.earshot.tools.parity.kinds;

import com.fasterxml.jackson.databind.JsonNode;
import dev.earshot.models.sam.SamConfig;
import dev.earshot.models.sam.SamDecoder;
import dev.earshot.models.sam.SamEmbedding;
import dev.earshot.models.sam.SamGrid;
import dev.earshot.models.sam.SamOptions;
import dev.earshot.models.sam.SamPrompts;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.HostTensor;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.Workspace;
import dev.earshot.tools.parity.GoldenCase;
import dev.earshot.tools.parity.KindRunner;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/** SAM's prompt encoder and mask decoder by themselves. */
public final class SamDecoderKinds {
    /** Kind to runner. */
    public static final Map<String, KindRunner> RUNNERS = Map.of("sam.prompt_decoder", SamDecoderKinds::promptDecoder);

    private static final Pattern SUBCASE = Pattern.compile("expected\\.(\\w+)\\.low_res_masks");

    private static final long WORKSPACE_BYTES = 1 << 20;

    private SamDecoderKinds() {}

    /** Token rows F32 [1, N, E] of planes [1, E, gh, gw]. */
    private static Tensor rows(Backend b, Workspace ws, HostTensor planes) {
        long channels = planes.shape().dim(1);
        long cells = planes.shape().dim(2) * planes.shape().dim(3);
        Tensor columns = b.upload(ws, planes.reshape(1, channels, cells), DType.F32);
        return b.copy(ws, columns.transpose(1, 2), DType.F32);
    }

    private static Map<String, HostTensor> promptDecoder(GoldenCase golden, Backend b, DType compute) {
        Results results = new Results(golden, b);
        JsonNode grid = golden.config().path("image_embedding_size");
        JsonNode frame = golden.config().path("input_image_size");
        SamGrid cells = new SamGrid(
                grid.path(0).asInt(),
                grid.path(1).asInt(),
                frame.path(0).asInt() / grid.path(0).asInt());
        SamOptions options = SamCases.options(compute, golden.numberOption("decoder_layer_norm_eps"));
        try (SamDecoder decoder = SamDecoder.load(b, golden.weights(), cells, promptDecoderSizes(golden), options);
                Workspace ws = b.workspace(WORKSPACE_BYTES);
                SamEmbedding image =
                        decoder.embedding(rows(b, ws, golden.input("image_embedding")), Optional.empty())) {
            for (String subcase : SamCases.subcases(golden, SUBCASE, 1)) {
                SamPrompts prompts = inputs(golden, "input." + subcase + ".");
                SamCases.Masks all = SamCases.decode(b, decoder, image, prompts, false)
                        .with(SamCases.decode(b, decoder, image, prompts, true));
                all.put(
                        results,
                        "expected." + subcase + ".low_res_masks",
                        "expected." + subcase + ".iou",
                        prompts.count());
                decoder.observe(image, prompts, SamCases.intermediates(golden, results, "mid." + subcase + ".", cells));
            }
        }
        return results.tensors();
    }

    private static SamConfig.Decoder promptDecoderSizes(GoldenCase golden) {
        return new SamConfig.Decoder(
                golden.intOption("embed_dim"),
                golden.intOption("mask_in_chans"),
                golden.intOption("two_way_depth"),
                golden.intOption("num_heads"),
                golden.intOption("mlp_dim"),
                golden.intOption("attention_downsample_rate"),
                golden.intOption("iou_head_hidden_dim"),
                golden.intOption("iou_head_depth"),
                golden.intOption("num_multimask_outputs"));
    }

    /** What there is of a subcase's own inputs; one prompt of nothing if there are none. */
    private static SamPrompts inputs(GoldenCase golden, String prefix) {
        Optional<HostTensor> points = tensor(golden, prefix + "point_coords");
        Optional<HostTensor> labels = tensor(golden, prefix + "point_labels");
        Optional<HostTensor> boxes = tensor(golden, prefix + "boxes");
        Optional<HostTensor> masks = tensor(golden, prefix + "mask_input");
        return SamCases.prompts(points, labels, boxes, masks);
    }

    private static Optional<HostTensor> tensor(GoldenCase golden, String name) {
        return golden.has(name) ? Optional.of(golden.tensor(name)) : Optional.empty();
    }
}
