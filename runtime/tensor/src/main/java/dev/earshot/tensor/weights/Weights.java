package dev.earshot.tensor.weights;

import dev.earshot.tensor.HostTensor;
import dev.earshot.tensor.Shape;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;

/**
 * Named tensors, as a model's loader sees them: one file, several shards, a map in memory or a generator.
 *
 * <p>What {@link #read} returns may be a slice of a file mapping: it is read-only, unaligned, and dies with
 * {@link #close()}. Prepare (pack, upload, convert) what is needed, then close. Reading is safe from several threads.
 */
public interface Weights extends AutoCloseable {
    /** Where the tensors come from, as messages name it: mostly the file's name. */
    String source();

    /** All keys, in a fixed order. */
    Set<String> keys();

    /**
     * Type, shape and size of one tensor; {@link WeightsException} if there is none of that name. For a tied tensor the
     * entry's name is the one it is stored under.
     */
    WeightEntry entry(String key);

    /**
     * The data of one tensor. F32, BF16, F16, I32, I64, U8 and BOOL (as U8) come without a copy; F64 is rounded to F32, I8,
     * I16 and U16 are widened to I32 and U32 to I64, all in heap memory; other types are a {@link WeightsException}.
     */
    HostTensor read(String key);

    /** The free text of the file, for example {@code format = pt}; empty if there is none. */
    default Map<String, String> metadata() {
        return Map.of();
    }

    /** True if there is a tensor of that name. */
    default boolean contains(String key) {
        return keys().contains(key);
    }

    /** Sizes of one tensor; {@link WeightsException} if there is none of that name. */
    default Shape shape(String key) {
        return entry(key).shape();
    }

    /** Gives the mapping back; closing twice is allowed. */
    @Override
    default void close() {}

    /** Tensors in memory; {@code source} names them in messages. The data is not copied. */
    static Weights of(String source, Map<String, HostTensor> tensors) {
        return new MemoryWeights(source, tensors);
    }

    /**
     * Opens a weight file for reading: {@code *.safetensors}, a sharded {@code *.safetensors.index.json}, or a folder that
     * holds {@code model.safetensors} or its index. Pickled files are refused with the command that converts them.
     */
    static Weights open(Path path) {
        if (Files.isDirectory(path)) {
            Path single = path.resolve("model.safetensors");
            Path index = path.resolve("model.safetensors.index.json");
            return Files.exists(single) || !Files.exists(index) ? Safetensors.open(single) : ShardedWeights.open(index);
        }
        String name = path.getFileName() == null ? "" : path.getFileName().toString();
        if (name.endsWith(".index.json")) {
            return ShardedWeights.open(path);
        }
        if (name.endsWith(".pth") || name.endsWith(".pt") || name.endsWith(".bin") || name.endsWith(".ckpt")) {
            throw WeightsException.of(
                    path.toString(),
                    "weights",
                    "a safetensors file",
                    "the name of a pickled checkpoint",
                    "convert it once: earshot convert " + name + " " + name.substring(0, name.lastIndexOf('.'))
                            + ".safetensors");
        }
        return Safetensors.open(path);
    }
}
