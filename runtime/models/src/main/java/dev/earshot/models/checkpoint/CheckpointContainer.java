package dev.earshot.models.checkpoint;

import dev.earshot.models.checkpoint.PickleValue.Storage;
import dev.earshot.tensor.weights.StoredType;
import dev.earshot.tensor.weights.WeightsException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;

/**
 * The pickled value of a checkpoint file, and where in the file its storages lie.
 *
 * @param kind "zip" or "legacy"
 * @param root the pickled value
 * @param storageOffsets first byte of each storage by key
 */
record CheckpointContainer(String kind, PickleValue root, Map<String, Long> storageOffsets) {
    static final int MAX_PICKLE_BYTES = 64 << 20;
    static final long MAX_STORAGE_BYTES = 8L << 30;

    private static final String RESAVE =
            "open it in Python once and save the tensors alone: torch.save(model.state_dict(), \"weights.pth\")";

    /** Reads a file of any container that is known, and refuses the others by name. */
    static CheckpointContainer read(ByteSource source) {
        int length = (int) Math.min(512, source.size());
        ByteBuffer head = source.read(0, length);
        if (length >= 4 && head.getInt(0) == 0x04034b50) {
            return ZipCheckpoint.read(source);
        }
        if (LegacyCheckpoint.matches(head)) {
            return LegacyCheckpoint.read(source);
        }
        throw refuse(source, head, length);
    }

    private static WeightsException refuse(ByteSource source, ByteBuffer head, int length) {
        String expected = "a checkpoint of torch.save (zip or legacy container)";
        if (length >= 262 && new String(head.array(), 257, 5, StandardCharsets.ISO_8859_1).equals("ustar")) {
            return WeightsException.of(
                    source.name(), "container", expected, "the tar container of PyTorch before 0.1.10", RESAVE);
        }
        if (length >= 9 && head.get(8) == '{') {
            return WeightsException.of(
                    source.name(), "container", expected, "a safetensors file", "it needs no conversion");
        }
        return WeightsException.of(
                source.name(), "container", expected, length == 0 ? "an empty file" : "an unknown format", RESAVE);
    }

    /** The refusal of a container or object that would have to be run to be understood. */
    static WeightsException refuse(ByteSource source, String what, String expected, String got) {
        return WeightsException.of(source.name(), what, expected, got, RESAVE);
    }

    /** Collects the storages that a pickle mentions; the same key must always have the same type and size. */
    static final class Registry implements PickleGlobals.Storages {
        private final ByteSource source;
        private final Map<String, Storage> storages = new HashMap<>();

        Registry(ByteSource source) {
            this.source = source;
        }

        Map<String, Storage> storages() {
            return storages;
        }

        @Override
        public Storage storage(StoredType type, String key, long count) {
            Storage storage = new Storage(type, key, count);
            String what = "storage " + WeightsException.quote(key);
            if (count > MAX_STORAGE_BYTES / storage.elementBytes()) {
                throw source.error(what, "at most " + MAX_STORAGE_BYTES + " bytes", count + " elements of " + type);
            }
            Storage known = storages.putIfAbsent(key, storage);
            if (known != null && (known.type() != type || known.count() != count)) {
                throw source.error(
                        what,
                        known.count() + " elements of " + known.type() + " as before",
                        count + " elements of " + type);
            }
            return known == null ? storage : known;
        }
    }
}
