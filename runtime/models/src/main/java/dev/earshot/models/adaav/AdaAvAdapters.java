package dev.earshot.models.adaav;

import dev.earshot.models.imagebind.ImageBindConfig;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.HostTensor;
import dev.earshot.tensor.ParameterScope;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.weights.SafetensorsWriter;
import dev.earshot.tensor.weights.WeightLoader;
import dev.earshot.tensor.weights.Weights;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * A set of adapters for an ImageBind model: two modules for each pair of blocks. Owns the parameters; close it before the
 * backend. One thread at a time.
 */
public final class AdaAvAdapters implements AutoCloseable {
    /** Standard deviation of fresh latents; zeros or equal rows would stay equal for ever. */
    private static final double LATENTS_STD = 0.02;

    private final Backend backend;
    private final ParameterScope scope;
    private final AdaAvConfig config;
    private final List<Adapter> adapters;

    /**
     * The two modules of one pair of blocks.
     *
     * @param attn adds after the image block's attention, reading Xa
     * @param mlp adds after the image block's MLP, reading Ya
     */
    public record Adapter(AdaAv attn, AdaAv mlp) {}

    private AdaAvAdapters(Backend backend, ParameterScope scope, AdaAvConfig config, List<Adapter> adapters) {
        this.backend = backend;
        this.scope = scope;
        this.config = config;
        this.adapters = List.copyOf(adapters);
    }

    /** Loads an adapter file; its sizes and places stand in the file. */
    public static AdaAvAdapters load(Backend backend, Weights weights, ImageBindConfig model) {
        return load(backend, weights, AdaAvConfig.of(weights), model);
    }

    /** Loads adapters of known sizes and places; tensors of ImageBind in the same file are left unread. */
    public static AdaAvAdapters load(Backend backend, Weights weights, AdaAvConfig config, ImageBindConfig model) {
        AdaAvConfig.checkPairs(
                config.pairs(), model.vision().vit().depth(), model.audio().depth());
        WeightLoader loader = AdaAvKeys.loader(weights);
        List<AdaAvKeys.Module> declared = AdaAvKeys.declare(
                loader, config, model.vision().vit().width(), model.audio().width());
        loader.finish();
        ParameterScope scope = backend.parameters();
        try {
            List<Adapter> adapters = new ArrayList<>();
            for (int i = 0; i < declared.size(); i += 2) {
                adapters.add(
                        new Adapter(AdaAv.prepare(scope, declared.get(i)), AdaAv.prepare(scope, declared.get(i + 1))));
            }
            return new AdaAvAdapters(backend, scope, config, adapters);
        } catch (Throwable t) {
            scope.close();
            throw t;
        }
    }

    /**
     * Fresh parameters to start training from. Gate g = 0: the model with them equals the frozen model bit for bit; gv = 1,
     * since with both gates at 0 the audio path would hardly get a gradient. Weights normal with variance 1 / fan-in,
     * drawn by {@link Random}, so that a seed gives the same bits on every machine.
     */
    public static Weights initial(AdaAvConfig config, ImageBindConfig model, long seed) {
        Random random = new Random(seed);
        Map<String, HostTensor> tensors = new LinkedHashMap<>();
        int imageWidth = model.vision().vit().width();
        int audioWidth = model.audio().width();
        int r = config.bottleneck();
        for (int j = 0; j < config.pairs().size(); j++) {
            for (String place : AdaAvKeys.PLACES) {
                String at = AdaAvKeys.prefix(j, place);
                tensors.put(at + AdaAvKeys.LATENTS, normal(random, LATENTS_STD, config.latents(), audioWidth));
                tensors.put(at + AdaAvKeys.DOWN_V, normal(random, 1 / Math.sqrt(imageWidth), r, imageWidth));
                tensors.put(at + AdaAvKeys.DOWN_A, normal(random, 1 / Math.sqrt(audioWidth), r, audioWidth));
                tensors.put(at + AdaAvKeys.UP, normal(random, 1 / Math.sqrt(r), imageWidth, r));
                tensors.put(at + AdaAvKeys.GATE, HostTensor.of(new float[] {0}, 1));
                tensors.put(at + AdaAvKeys.GATE_AV, HostTensor.of(new float[] {1}, 1));
            }
        }
        return Weights.of("fresh AdaAV adapters, seed " + seed, tensors);
    }

    private static HostTensor normal(Random random, double std, int rows, int columns) {
        float[] values = new float[rows * columns];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) (random.nextGaussian() * std);
        }
        return HostTensor.of(values, rows, columns);
    }

    /** Sizes and places. */
    public AdaAvConfig config() {
        return config;
    }

    /** The modules, in the order of {@link AdaAvConfig#pairs}. */
    public List<Adapter> adapters() {
        return adapters;
    }

    /** All parameters under their keys, in order. */
    public Map<String, Tensor> parameters() {
        Map<String, Tensor> named = new LinkedHashMap<>();
        for (int j = 0; j < adapters.size(); j++) {
            int adapter = j;
            adapters.get(j)
                    .attn()
                    .parameters()
                    .forEach((name, tensor) ->
                            named.put(AdaAvKeys.prefix(adapter, AdaAvKeys.PLACES.get(0)) + name, tensor));
            adapters.get(j)
                    .mlp()
                    .parameters()
                    .forEach((name, tensor) ->
                            named.put(AdaAvKeys.prefix(adapter, AdaAvKeys.PLACES.get(1)) + name, tensor));
        }
        return named;
    }

    /** Writes all parameters, with the places in the metadata, as a safetensors file. */
    public void save(Path file) {
        save(file, Map.of());
    }

    /** As {@link #save(Path)}, with further entries in the metadata. */
    public void save(Path file, Map<String, String> notes) {
        SafetensorsWriter writer = new SafetensorsWriter();
        notes.forEach(writer::metadata);
        writer.metadata("format", "pt").metadata(AdaAvKeys.PAIRS, AdaAvKeys.write(config.pairs()));
        parameters()
                .forEach((key, tensor) -> writer.tensor(
                        key, backend.download(tensor), tensor.shape().toArray()));
        writer.write(file);
    }

    @Override
    public void close() {
        scope.close();
    }
}
