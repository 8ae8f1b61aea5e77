package dev.earshot.tools.parity.kinds;

import com.fasterxml.jackson.databind.JsonNode;
import dev.earshot.models.adaav.AdaAv;
import dev.earshot.models.adaav.AdaAvAdapters;
import dev.earshot.models.adaav.AdaAvConfig;
import dev.earshot.models.adaav.AdaptedImageBind;
import dev.earshot.models.adaav.BlockPair;
import dev.earshot.models.adaav.FeatureNorm;
import dev.earshot.models.imagebind.ImageBind;
import dev.earshot.models.imagebind.ImageBindConfig;
import dev.earshot.models.vit.BlockHook;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.HostTensor;
import dev.earshot.tensor.ParameterScope;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.Workspace;
import dev.earshot.tools.parity.GoldenCase;
import dev.earshot.tools.parity.KindRunner;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** AdaAV modules alone and inside ImageBind. */
public final class AdaAvKinds {
    /** Kind to runner. */
    public static final Map<String, KindRunner> RUNNERS = Map.of(
            "adaav.module", AdaAvKinds::module,
            "adaav.encoder", AdaAvKinds::encoder,
            "adaav.init", AdaAvKinds::encoder);

    private static final long WORKSPACE_BYTES = 1 << 20;

    private AdaAvKinds() {}

    private static Map<String, HostTensor> module(GoldenCase golden, Backend b, DType compute) {
        Results results = new Results(golden, b);
        try (ParameterScope scope = b.parameters();
                Workspace ws = b.workspace(WORKSPACE_BYTES)) {
            AdaAv module = AdaAv.load(scope, golden.weights());
            Tensor audio = b.upload(ws, golden.input("audio_tokens"), DType.F32);
            Tensor image = b.upload(ws, golden.input("image_tokens"), DType.F32);
            Tensor compressed = module.compress(b, ws, audio);
            Tensor t = module.project(b, ws, compressed);
            Tensor u = module.down(b, ws, image);
            results.put("mid.compress_weights", module.compressWeights(b, ws, audio));
            results.put("mid.latents", compressed);
            results.put("mid.down", u);
            results.put("mid.tokens", t);
            results.put("mid.fuse_weights", module.fuseWeights(b, ws, u, t));
            results.put("mid.fused", module.fuse(b, ws, u, t));
            Tensor out = ws.allocate(DType.F32, image.shape());
            module.forward(b, ws, audio, image, out);
            results.put("expected.out", out);
            AdaAvLearning.module(golden, b, module, audio, image, results);
        }
        return results.tensors();
    }

    private static Map<String, HostTensor> encoder(GoldenCase golden, Backend b, DType compute) {
        ImageBindConfig sizes = ImageBindKinds.config(golden);
        AdaAvConfig places = new AdaAvConfig(places(golden), golden.intOption("r"), golden.intOption("m"));
        Results results = new Results(golden, b);
        try (ImageBind model = ImageBind.load(b, golden.weights(), sizes, compute);
                AdaAvAdapters adapters = AdaAvAdapters.load(b, golden.weights(), places, sizes);
                Workspace ws = b.workspace(WORKSPACE_BYTES)) {
            AdaptedImageBind adapted = new AdaptedImageBind(model, adapters);
            Tensor image = b.upload(ws, golden.input("image"), DType.F32);
            Tensor audio = b.upload(ws, golden.input("audio"), DType.F32);
            AdaptedImageBind.Heard heard = adapted.hear(b, ws, audio);
            for (int j = 0; j < places.pairs().size(); j++) {
                results.put("mid.%d.audio_x".formatted(j), heard.x().get(j));
                results.put("mid.%d.audio_y".formatted(j), heard.y().get(j));
            }
            Tensor stream = adapted.encode(b, ws, image, heard, new AdapterTrace(adapters, heard, results));
            Tensor features = adapted.features(b, ws, stream, FeatureNorm.HEAD);
            results.put("expected.trunk_out", stream);
            results.put("expected.features", features);
            results.put("expected.image_embedding", model.vision().embed(b, ws, stream));
            results.put("expected.audio_embedding", heard.embedding());
            results.put("expected.frozen_image_embedding", model.embedImages(b, ws, image));
            results.put("expected.loss", loss(b.download(features), golden), 1);
            AdaAvLearning.encoder(golden, b, adapted, image, audio, results);
        }
        return results.tensors();
    }

    private static List<BlockPair> places(GoldenCase golden) {
        List<BlockPair> places = new ArrayList<>();
        for (JsonNode pair : golden.config().path("positions")) {
            places.add(new BlockPair(pair.get(0).asInt(), pair.get(1).asInt()));
        }
        return places;
    }

    /** sum(features * feature_grad) / count, the loss of these cases. */
    private static float[] loss(float[] features, GoldenCase golden) {
        float[] weights = golden.input("feature_grad").toFloats();
        double sum = 0;
        for (int i = 0; i < features.length; i++) {
            sum += (double) features[i] * weights[i];
        }
        return new float[] {(float) (sum / features.length)};
    }

    /** Records the stream round each adapter and, computed once more, what the adapter adds. */
    private record AdapterTrace(AdaAvAdapters adapters, AdaptedImageBind.Heard heard, Results results)
            implements BlockHook {
        @Override
        public void afterAttention(Backend b, Workspace ws, int block, Tensor x, Tensor y) {
            for (int j = 0; j < adapters.adapters().size(); j++) {
                if (adapters.config().pairs().get(j).imageBlock() == block) {
                    AdaAv module = adapters.adapters().get(j).attn();
                    contribution(
                            "mid.%d.adapter_attn".formatted(j),
                            b,
                            ws,
                            module,
                            heard.x().get(j),
                            x);
                    results.put("mid.%d.image_y".formatted(j), y);
                }
            }
        }

        @Override
        public void afterMlp(Backend b, Workspace ws, int block, Tensor y, Tensor out) {
            for (int j = 0; j < adapters.adapters().size(); j++) {
                if (adapters.config().pairs().get(j).imageBlock() == block) {
                    AdaAv module = adapters.adapters().get(j).mlp();
                    contribution(
                            "mid.%d.adapter_mlp".formatted(j),
                            b,
                            ws,
                            module,
                            heard.y().get(j),
                            y);
                    results.put("mid.%d.image_x_next".formatted(j), out);
                }
            }
        }

        private void contribution(String name, Backend b, Workspace ws, AdaAv module, Tensor audio, Tensor image) {
            try (Workspace.Frame _ = ws.frame()) {
                Tensor out = ws.allocate(DType.F32, image.shape());
                module.forward(b, ws, audio, image, out);
                results.put(name, out);
            }
        }
    }
}
