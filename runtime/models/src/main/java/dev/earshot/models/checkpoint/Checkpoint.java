package dev.earshot.models.checkpoint;

import dev.earshot.models.checkpoint.PickleValue.TensorView;
import dev.earshot.tensor.weights.WeightEntry;
import dev.earshot.tensor.weights.WeightsException;
import java.io.IOException;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * An opened PyTorch checkpoint: what tensors are in it, and their bytes. For inspection and conversion; models read
 * safetensors. Used by one thread.
 */
public final class Checkpoint implements AutoCloseable {
    /** Expanded views can claim any size; the sum of all tensors may be this many times the file, and 64 MB. */
    private static final int MAX_EXPANSION = 4;

    private static final long FREE_EXPANSION_BYTES = 64L << 20;

    private final ByteSource source;
    private final CheckpointContainer container;
    private final StateDict state;
    private final Map<String, WeightEntry> entries = new LinkedHashMap<>();
    private final Map<String, String> aliases = new LinkedHashMap<>();

    private Checkpoint(ByteSource source) {
        this.source = source;
        this.container = CheckpointContainer.read(source);
        this.state = StateDict.of(source, container.root());
        Map<List<Object>, String> firstOfView = new HashMap<>();
        long total = 0;
        for (Map.Entry<String, TensorView> entry : state.tensors().entrySet()) {
            TensorView view = entry.getValue();
            String first = firstOfView.putIfAbsent(
                    List.of(view.storage().key(), view.offset(), view.shape(), view.strides()), entry.getKey());
            if (first == null) {
                entries.put(
                        entry.getKey(),
                        new WeightEntry(entry.getKey(), view.storage().type(), view.shape(), 0, view.bytes()));
                total = checkTotal(total, view);
            } else {
                aliases.put(entry.getKey(), first);
            }
        }
    }

    private long checkTotal(long total, TensorView view) {
        long limit = source.size() * MAX_EXPANSION + FREE_EXPANSION_BYTES;
        if (view.bytes() > limit - total) {
            throw source.error(
                    "checkpoint", "tensors of at most " + limit + " bytes in all", "more, by expanded views");
        }
        return total + view.bytes();
    }

    /** Opens a file and reads everything but the tensors' data. */
    public static Checkpoint open(Path path) {
        ByteSource source = ByteSource.open(path);
        try {
            return new Checkpoint(source);
        } catch (Throwable t) {
            source.close();
            throw t;
        }
    }

    /** Reads a checkpoint that is in memory; {@code name} stands for the file in messages. */
    static Checkpoint parse(String name, byte[] file) {
        return new Checkpoint(ByteSource.of(name, file));
    }

    /** "zip" or "legacy". */
    public String container() {
        return container.kind();
    }

    /** Names, types and shapes of the tensors, in the order of the file; offsets are 0. */
    public Map<String, WeightEntry> entries() {
        return Collections.unmodifiableMap(entries);
    }

    /** Names whose tensor is the same as that of another name (tied weights), and that other name. */
    public Map<String, String> aliases() {
        return Collections.unmodifiableMap(aliases);
    }

    /** One line for each thing in the file that is no weight and is dropped. */
    public List<String> warnings() {
        return new ArrayList<>(state.warnings());
    }

    /** Writes the elements of one tensor in row-major order. */
    public void writeTo(String name, WritableByteChannel out) throws IOException {
        TensorView view = state.tensors().get(name);
        if (view == null) {
            throw new WeightsException("%s: tensor %s: expected to be present, got no tensor of that name"
                    .formatted(source.name(), WeightsException.quote(name)));
        }
        long storage = container.storageOffsets().get(view.storage().key());
        new ViewCopy(source, view, storage).writeTo(out);
    }

    @Override
    public void close() {
        source.close();
    }
}
