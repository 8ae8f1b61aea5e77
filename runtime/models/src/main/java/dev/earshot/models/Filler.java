package dev.earshot.models;

import dev.earshot.tensor.HostTensor;
import dev.earshot.tensor.Shape;
import dev.earshot.tensor.SplitMix64;
import dev.earshot.tensor.weights.StoredType;
import dev.earshot.tensor.weights.WeightEntry;
import dev.earshot.tensor.weights.Weights;
import dev.earshot.tensor.weights.WeightsException;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Weights computed from their keys: every implementation that fills tensors this way builds the same full-size model with
 * no file. A tensor is generated when it is read and not kept, so that a model costs its prepared weights and one tensor.
 *
 * <p>Element i of a key is the (i + 1)-th output of SplitMix64 started at the key's 64-bit FNV-1a hash; its upper 24 bits
 * give u in [-1, 1), and the value is fp32(u * a + c) with a and c by the kind of tensor.
 */
public final class Filler implements Weights {
    private static final List<String> TABLES =
            List.of("pos_emb", "token", "rel_pos", "bias_k", "bias_v", "class_embedding", "positional_embedding");

    private final String source;
    private final Map<String, Shape> shapes;
    private final Map<String, Float> constants;

    /**
     * @param source what messages call these weights
     * @param shapes the tensors, in order
     * @param constants keys whose elements all have one given value instead
     */
    public Filler(String source, Map<String, Shape> shapes, Map<String, Float> constants) {
        this.source = source;
        this.shapes = Collections.unmodifiableMap(new LinkedHashMap<>(shapes));
        this.constants = Map.copyOf(constants);
    }

    @Override
    public String source() {
        return source;
    }

    @Override
    public Set<String> keys() {
        return shapes.keySet();
    }

    @Override
    public WeightEntry entry(String key) {
        Shape shape = shapes.get(key);
        if (shape == null) {
            throw WeightsException.of(source, WeightsException.quote(key), "a tensor of that name", "none");
        }
        return new WeightEntry(key, StoredType.F32, shape, 0, Math.multiplyExact(shape.elements(), 4L));
    }

    @Override
    public HostTensor read(String key) {
        Shape shape = entry(key).shape();
        Float constant = constants.get(key);
        if (constant == null) {
            return tensor(key, shape.toArray());
        }
        float[] values = new float[Math.toIntExact(shape.elements())];
        java.util.Arrays.fill(values, constant);
        return HostTensor.of(values, shape.toArray());
    }

    /** The tensor of one key; a model's input if the key begins with {@code input.}. */
    public static HostTensor tensor(String key, long... dims) {
        float[] values = new float[Math.toIntExact(Shape.of(dims).elements())];
        long seed = seed(key);
        double scale = scale(key, dims);
        double centre = dims.length <= 1 && key.endsWith(".weight") ? 1 : 0;
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) (uniform(seed, i) * scale + centre);
        }
        return HostTensor.of(values, dims);
    }

    /** 64-bit FNV-1a of the key's UTF-8 bytes. */
    static long seed(String key) {
        long hash = 0xcbf29ce484222325L;
        for (byte b : key.getBytes(StandardCharsets.UTF_8)) {
            hash = (hash ^ (b & 0xff)) * 0x100000001b3L;
        }
        return hash;
    }

    /** Element {@code index} of a seed's sequence, in [-1, 1) and exact in fp32. */
    static double uniform(long seed, long index) {
        return (SplitMix64.at(seed, index) >>> 40) * 0x1p-23 - 1;
    }

    private static double scale(String key, long[] dims) {
        if (key.startsWith("input.")) {
            return Math.sqrt(3);
        }
        if (dims.length <= 1) {
            return key.endsWith(".weight") ? 0.1 : 0.02;
        }
        if (TABLES.stream().anyMatch(key::contains)) {
            return 0.1;
        }
        long fanIn = 1;
        for (int i = 1; i < dims.length; i++) {
            fanIn *= dims[i];
        }
        return Math.sqrt(3.0 / fanIn);
    }
}
