package dev.earshot.tools;

import dev.earshot.models.checkpoint.Checkpoint;
import dev.earshot.models.checkpoint.ModelGuess;
import dev.earshot.tensor.Shape;
import dev.earshot.tensor.weights.WeightEntry;
import dev.earshot.tensor.weights.Weights;
import dev.earshot.tensor.weights.WeightsException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * What {@code earshot inspect} prints about a weight file; the components are the fields of its JSON.
 *
 * @param file path as given
 * @param format safetensors, sharded safetensors, or the container of a PyTorch checkpoint
 * @param model a guess from names and shapes
 * @param tensorCount number of tensors
 * @param values number of elements in all
 * @param bytes size of the data
 * @param types number of tensors of each element type
 * @param metadata free text of a safetensors file
 * @param tied further names of tensors that are stored under another name
 * @param warnings what a conversion would drop
 * @param tensors every tensor; empty if not asked for
 */
record WeightFacts(
        String file,
        String format,
        String model,
        int tensorCount,
        long values,
        long bytes,
        Map<String, Integer> types,
        Map<String, String> metadata,
        Map<String, String> tied,
        List<String> warnings,
        List<TensorFacts> tensors) {

    /** One tensor. */
    record TensorFacts(String name, String type, long[] shape, long bytes) {}

    /** Reads the structure of a file; its data is not touched. */
    static WeightFacts of(Path file, byte[] head, boolean withTensors) {
        if (isPickled(head)) {
            try (Checkpoint checkpoint = Checkpoint.open(file)) {
                return of(
                        file,
                        "PyTorch checkpoint (" + checkpoint.container() + " container)",
                        checkpoint.entries().values(),
                        Map.of(),
                        checkpoint.aliases(),
                        checkpoint.warnings(),
                        withTensors);
            }
        }
        try (Weights weights = Weights.open(file)) {
            boolean isSharded = file.toString().endsWith(".index.json");
            List<WeightEntry> entries =
                    weights.keys().stream().map(weights::entry).toList();
            return of(
                    file,
                    isSharded ? "sharded safetensors" : "safetensors",
                    entries,
                    weights.metadata(),
                    Map.of(),
                    List.of(),
                    withTensors);
        }
    }

    /** True for what is a weight file by its name or its first bytes; a wrong name does not hide one. */
    static boolean matches(Path file, byte[] head) {
        String name = file.toString();
        return Files.isDirectory(file)
                || name.endsWith(".safetensors")
                || name.endsWith(".index.json")
                || name.matches(".*\\.(pth|pt|bin|ckpt)")
                || isPickled(head)
                || head.length > 8 && head[8] == '{';
    }

    private static boolean isPickled(byte[] head) {
        return head.length >= 2 && (head[0] == 'P' && head[1] == 'K' || head[0] == (byte) 0x80 && head[1] == 2);
    }

    private static WeightFacts of(
            Path file,
            String format,
            Collection<WeightEntry> entries,
            Map<String, String> metadata,
            Map<String, String> tied,
            List<String> warnings,
            boolean withTensors) {
        Map<String, Shape> shapes = new LinkedHashMap<>();
        Map<String, Integer> types = new TreeMap<>();
        long values = 0;
        long bytes = 0;
        for (WeightEntry entry : entries) {
            shapes.put(entry.name(), entry.shape());
            types.merge(entry.type().name(), 1, Integer::sum);
            values += entry.shape().elements();
            bytes += entry.bytes();
        }
        List<TensorFacts> tensors = !withTensors
                ? List.of()
                : entries.stream()
                        .map(entry -> new TensorFacts(
                                entry.name(), entry.type().name(), entry.shape().toArray(), entry.bytes()))
                        .toList();
        return new WeightFacts(
                file.toString(),
                format,
                ModelGuess.of(shapes),
                entries.size(),
                values,
                bytes,
                types,
                metadata,
                tied,
                warnings,
                tensors);
    }

    /** A short text; everything that comes out of the file is quoted. */
    void print(PrintWriter out) {
        out.println(file);
        out.println("  format    " + format);
        out.println("  model     " + model);
        out.printf(Locale.ROOT, "  tensors   %,d with %,d values in %,d bytes %s%n", tensorCount, values, bytes, types);
        metadata.forEach((key, value) ->
                out.println("  metadata  " + WeightsException.quote(key) + " = " + WeightsException.quote(value)));
        tied.forEach((name, kept) ->
                out.println("  tied      " + WeightsException.quote(name) + " = " + WeightsException.quote(kept)));
        warnings.forEach(warning -> out.println("  warning   " + warning));
        for (TensorFacts tensor : tensors) {
            String name = WeightsException.quote(tensor.name());
            out.printf(
                    Locale.ROOT,
                    "  %-5s %-24s %s%n",
                    tensor.type(),
                    Shape.of(tensor.shape()),
                    name.substring(1, name.length() - 1));
        }
    }
}
