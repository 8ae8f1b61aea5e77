package dev.earshot.models.checkpoint;

import dev.earshot.models.checkpoint.PickleValue.Storage;
import dev.earshot.tensor.weights.StoredType;
import dev.earshot.tensor.weights.WeightsException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;

/**
 * The container of torch.save since 1.6: a zip archive with one top folder that holds {@code data.pkl} and the raw
 * storages {@code data/KEY}, all stored. Source: pytorch torch/serialization.py {@code _save}, and files of torch 2.13.
 */
final class ZipCheckpoint {
    private final ByteSource source;
    private final Map<String, ZipEntry> entries;
    private final ZipDirectory directory;

    private ZipCheckpoint(ByteSource source) {
        this.source = source;
        this.directory = ZipDirectory.read(source);
        this.entries = directory.entries();
    }

    static CheckpointContainer read(ByteSource source) {
        return new ZipCheckpoint(source).read();
    }

    private CheckpointContainer read() {
        String top = topFolder();
        refuseTorchScript(top);
        entries.values().forEach(entry -> {
            if (!entry.stored()) {
                throw source.error(
                        "zip entry " + WeightsException.quote(entry.name()), "stored data", "compressed data");
            }
        });
        checkText(top + "byteorder", "little");
        checkText(top + "version", "3");
        Map<String, Long> offsets = new HashMap<>();
        CheckpointContainer.Registry registry = new CheckpointContainer.Registry(source);
        byte[] pickle = directory.readChecked(entries.get(top + "data.pkl"), CheckpointContainer.MAX_PICKLE_BYTES);
        PickleInput in = new PickleInput(ByteSource.of(source.name(), pickle), 0, pickle.length);
        PickleValue root = Unpickler.read(source.name(), in, (type, key, count) -> {
            Storage storage = registry.storage(type, key, count);
            offsets.computeIfAbsent(key, _ -> locate(top, type, key, count));
            return storage;
        });
        if (in.position() != pickle.length) {
            throw source.error(
                    "data.pkl", "its end at STOP", (pickle.length - in.position()) + " bytes more behind it");
        }
        return new CheckpointContainer("zip", root, offsets);
    }

    /** The one folder that everything lies in, with its slash. */
    private String topFolder() {
        String top = null;
        for (String name : entries.keySet()) {
            String folder = name.substring(0, name.indexOf('/') + 1);
            if (folder.isEmpty() || top != null && !folder.equals(top)) {
                throw source.error(
                        "zip", "one top folder with everything in it", "entry " + WeightsException.quote(name));
            }
            top = folder;
        }
        if (top == null || !entries.containsKey(top + "data.pkl")) {
            throw source.error("zip", "an entry data.pkl in its top folder", "none");
        }
        return top;
    }

    private void refuseTorchScript(String top) {
        boolean hasCode = entries.keySet().stream().anyMatch(name -> name.startsWith(top + "code/"));
        if (hasCode || entries.containsKey(top + "constants.pkl")) {
            throw CheckpointContainer.refuse(
                    source, "container", "a checkpoint of torch.save", "a TorchScript archive (a program)");
        }
    }

    private void checkText(String name, String expected) {
        ZipEntry entry = entries.get(name);
        if (entry != null) {
            String text = new String(directory.readChecked(entry, 64), StandardCharsets.ISO_8859_1).strip();
            if (!text.equals(expected)) {
                throw source.error("zip entry " + WeightsException.quote(name), expected, WeightsException.quote(text));
            }
        }
    }

    private long locate(String top, StoredType type, String key, long count) {
        ZipEntry entry = entries.get(top + "data/" + key);
        long bytes = count * (type.bits() / 8);
        if (entry == null || entry.bytes() != bytes) {
            throw source.error(
                    "storage " + WeightsException.quote(key),
                    "an entry data/KEY of " + bytes + " bytes",
                    entry == null ? "none" : entry.bytes() + " bytes");
        }
        return entry.dataOffset();
    }
}
