package dev.earshot.models.checkpoint;

import dev.earshot.models.checkpoint.PickleValue.Bool;
import dev.earshot.models.checkpoint.PickleValue.Dict;
import dev.earshot.models.checkpoint.PickleValue.Int;
import dev.earshot.models.checkpoint.PickleValue.Sequence;
import dev.earshot.models.checkpoint.PickleValue.Storage;
import dev.earshot.models.checkpoint.PickleValue.Text;
import dev.earshot.tensor.weights.StoredType;
import dev.earshot.tensor.weights.WeightsException;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;

/**
 * The container of torch.save before 1.6: five pickles in a row (magic number, protocol, system, the object, the list of
 * storage keys), then for each key an element count and the raw elements. Source: pytorch torch/serialization.py
 * {@code _legacy_save}.
 */
final class LegacyCheckpoint {
    /** PROTO 2, LONG1 of ten bytes 0x1950a86a20f9469cfc6c, STOP. */
    private static final byte[] MAGIC = HexFormat.of().parseHex("80028a0a6cfc9c46f9206aa850192e");

    private static final int PROTOCOL = 1001;

    private final ByteSource source;
    private final CheckpointContainer.Registry registry;
    private long at = MAGIC.length;

    private LegacyCheckpoint(ByteSource source) {
        this.source = source;
        this.registry = new CheckpointContainer.Registry(source);
    }

    /** True if the file begins with the magic number. */
    static boolean matches(ByteBuffer head) {
        return head.limit() >= MAGIC.length && head.slice(0, MAGIC.length).equals(ByteBuffer.wrap(MAGIC));
    }

    static CheckpointContainer read(ByteSource source) {
        return new LegacyCheckpoint(source).read();
    }

    private CheckpointContainer read() {
        if (!(pickle(this::noStorages) instanceof Int protocol) || protocol.value() != PROTOCOL) {
            throw source.error("legacy container", "protocol " + PROTOCOL, "another one");
        }
        boolean little = pickle(this::noStorages) instanceof Dict system
                && system.get("little_endian") instanceof Bool value
                && value.value();
        if (!little) {
            throw source.error("legacy container", "a little-endian system", "another one");
        }
        PickleValue root = pickle(registry);
        if (!(pickle(this::noStorages) instanceof Sequence keys)) {
            throw source.error("legacy container", "a list of storage keys", "something else");
        }
        return new CheckpointContainer("legacy", root, locate(keys));
    }

    private Storage noStorages(StoredType type, String key, long count) {
        throw source.error("storage " + WeightsException.quote(key), "to be part of the object only", "it elsewhere");
    }

    private PickleValue pickle(PickleGlobals.Storages storages) {
        long end = Math.min(source.size(), at + CheckpointContainer.MAX_PICKLE_BYTES);
        PickleInput in = new PickleInput(source, at, end);
        PickleValue value = Unpickler.read(source.name(), in, storages);
        at = in.position();
        return value;
    }

    private Map<String, Long> locate(Sequence keys) {
        Map<String, Long> offsets = new HashMap<>();
        for (PickleValue item : keys.items()) {
            Storage storage = item instanceof Text key ? registry.storages().get(key.value()) : null;
            if (storage == null) {
                throw source.error("legacy container", "keys of storages that the object uses", item.what());
            }
            String what = "storage " + WeightsException.quote(storage.key());
            long count = source.read(at, 8).getLong();
            if (count != storage.count()) {
                throw source.error(what, storage.count() + " elements", Long.toString(count));
            }
            long bytes = count * storage.elementBytes();
            if (offsets.put(storage.key(), at + 8) != null || bytes > source.size() - at - 8) {
                throw source.error(what, "to occur once, with " + bytes + " bytes", "twice or cut off");
            }
            at += 8 + bytes;
        }
        if (at != source.size() || offsets.size() != registry.storages().size()) {
            throw source.error(
                    "legacy container",
                    "the data of all %d storages and nothing behind it"
                            .formatted(registry.storages().size()),
                    "%d storages and %d bytes more".formatted(offsets.size(), source.size() - at));
        }
        return offsets;
    }
}
