package dev.earshot.tools.parity.kinds;

import dev.earshot.models.dino.Dino;
import dev.earshot.models.dino.DinoConfig;
import dev.earshot.models.dino.DinoKeyForm;
import dev.earshot.models.dino.DinoPooling;
import dev.earshot.models.dino.DinoVariant;
import dev.earshot.models.vit.BlockHook;
import dev.earshot.models.vit.VitConfig;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.HostTensor;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.Workspace;
import dev.earshot.tensor.weights.Weights;
import dev.earshot.tools.parity.GoldenCase;
import dev.earshot.tools.parity.KindRunner;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;

/** DINO backbones under both families of names, small and at full size. */
public final class DinoKinds {
    /** Kind to runner. */
    public static final Map<String, KindRunner> RUNNERS = Map.of(
            "dino.original", DinoKinds::original,
            "dino.hf", DinoKinds::huggingFace,
            "full.dino", new FullSize(DinoKinds::full));

    private static final long WORKSPACE_BYTES = 1 << 20;

    private DinoKinds() {}

    private static DinoConfig config(GoldenCase golden, int mlpWidth, DinoKeyForm form) {
        VitConfig vit = new VitConfig(
                golden.intOption("image_size"),
                golden.intOption("patch"),
                golden.intOption("dim"),
                golden.intOption("depth"),
                golden.intOption("heads"),
                mlpWidth,
                (float) golden.numberOption("layer_norm_eps"));
        return new DinoConfig(vit, form.resampling());
    }

    private static Map<String, HostTensor> original(GoldenCase golden, Backend b, DType compute) {
        int mlpWidth = golden.intOption("mlp_ratio") * golden.intOption("dim");
        Results results = new Results(golden, b);
        DinoConfig config = config(golden, mlpWidth, DinoKeyForm.ORIGINAL);
        try (Dino dino = Dino.load(b, golden.weights(), config, compute);
                Workspace ws = b.workspace(WORKSPACE_BYTES)) {
            Tensor image = b.upload(ws, golden.input("image"), DType.F32);
            Tensor stream = dino.tokens(b, ws, image);
            results.put("mid.tokens", stream);
            dino.trunk().run(b, ws, stream, results.blocks());
            features(dino, b, ws, dino.norm(b, ws, stream), "expected.", results);
            results.put("expected.last_attention", dino.lastAttention(b, ws, image));
            results.put(
                    "expected.intermediate0", dino.intermediate(b, ws, image, 2).getFirst());

            Tensor other = b.upload(ws, golden.input("other_image"), DType.F32);
            results.put("mid.other_tokens", dino.tokens(b, ws, other));
            results.put("mid.other_pos_embed", positions(dino, b, ws, other));
            features(dino, b, ws, dino.forward(b, ws, other), "expected.other_", results);
            results.put("expected.other_last_attention", dino.lastAttention(b, ws, other));
        }
        return results.tensors();
    }

    private static void features(Dino dino, Backend b, Workspace ws, Tensor tokens, String prefix, Results results) {
        Tensor gap = dino.pool(b, ws, tokens, DinoPooling.GAP);
        results.put(prefix + "tokens_norm", tokens);
        results.put(prefix + "cls", dino.pool(b, ws, tokens, DinoPooling.CLS));
        results.put(prefix + "gap", gap);
        results.put(prefix + "gap_unit", dino.unit(b, ws, gap));
    }

    private static Tensor positions(Dino dino, Backend b, Workspace ws, Tensor image) {
        int patch = dino.config().vit().patchSize();
        return dino.positions(b, ws, Math.toIntExact(image.dim(2) / patch), Math.toIntExact(image.dim(3) / patch));
    }

    private static Map<String, HostTensor> huggingFace(GoldenCase golden, Backend b, DType compute) {
        Results results = new Results(golden, b);
        DinoConfig config = config(golden, golden.intOption("intermediate"), DinoKeyForm.HUGGING_FACE);
        try (Dino dino = Dino.load(b, golden.weights(), config, compute);
                Workspace ws = b.workspace(WORKSPACE_BYTES)) {
            Tensor stream = dino.tokens(b, ws, b.upload(ws, golden.input("image"), DType.F32));
            results.put("mid.hidden_first", stream);
            dino.trunk().run(b, ws, stream, 0, 1, BlockHook.NONE);
            results.put("mid.hidden_1", stream);
            dino.trunk().run(b, ws, stream, 1, dino.trunk().depth(), BlockHook.NONE);
            Tensor tokens = dino.norm(b, ws, stream);
            results.put("expected.last_hidden_state", tokens);
            results.put("expected.gap_unit", dino.unit(b, ws, dino.pool(b, ws, tokens, DinoPooling.GAP)));

            Tensor other = b.upload(ws, golden.input("other_image"), DType.F32);
            results.put("mid.other_pos_embed", positions(dino, b, ws, other));
            results.put("expected.other_last_hidden_state", dino.forward(b, ws, other));
        }
        return results.tensors();
    }

    private static Map<String, HostTensor> full(GoldenCase golden, Backend b, DType compute) {
        DinoKeyForm form =
                DinoKeyForm.valueOf(golden.config().path("key_form").asText().toUpperCase(Locale.ROOT));
        String variant = golden.config().path("variant").asText();
        DinoConfig config = Arrays.stream(DinoVariant.values())
                .filter(known -> known.toString().equals(variant))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException(golden.name() + ": unknown variant " + variant))
                .config(form);
        Weights filler = Dino.filler(config, form);
        FullSize.requireParameters(golden, filler);
        Results results = new Results(golden, b);
        try (Dino dino = Dino.load(b, filler, config, compute);
                Workspace ws = b.workspace(WORKSPACE_BYTES)) {
            Tensor image = FullSize.input(golden, "input.image", b, ws);
            Tensor stream = dino.encode(b, ws, image, results.blockSamples("mid.block"));
            Tensor tokens = dino.norm(b, ws, stream);
            results.putSample("expected.tokens_sample", tokens, 1);
            results.put("expected.cls", dino.pool(b, ws, tokens, DinoPooling.CLS));
        }
        return results.tensors();
    }
}
