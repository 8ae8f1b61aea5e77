package dev.earshot.tensor.weights;

import dev.earshot.tensor.HostTensor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

/**
 * Weights spread over several safetensors files, with {@code *.safetensors.index.json} beside them: its {@code weight_map}
 * names the shard of every tensor. Every tensor of every shard must be in the map and the other way round.
 */
final class ShardedWeights implements Weights {
    private static final int MAX_INDEX_BYTES = 16 << 20;
    private static final int MAX_SHARDS = 1_000;

    private final String source;
    private final Map<String, Safetensors> shardOf;
    private final Map<String, Safetensors> shards;

    private ShardedWeights(String source, Map<String, Safetensors> shardOf, Map<String, Safetensors> shards) {
        this.source = source;
        this.shardOf = Collections.unmodifiableMap(shardOf);
        this.shards = shards;
    }

    static ShardedWeights open(Path index) {
        String source = index.toString();
        Map<String, String> weightMap = readIndex(index, source);
        Map<String, Safetensors> shards = new LinkedHashMap<>();
        try {
            Map<String, Safetensors> shardOf = new LinkedHashMap<>();
            weightMap.forEach((key, shardName) -> {
                Safetensors shard =
                        shards.computeIfAbsent(shardName, name -> Safetensors.open(index.resolveSibling(name)));
                if (!shard.contains(key)) {
                    throw WeightsException.of(
                            source,
                            "tensor " + WeightsException.quote(key),
                            "to be in shard " + WeightsException.quote(shardName),
                            "no tensor of that name there",
                            "the index and the shards are of different versions");
                }
                shardOf.put(key, shard);
            });
            checkNothingElse(source, weightMap, shards);
            return new ShardedWeights(source, shardOf, shards);
        } catch (Throwable t) {
            shards.values().forEach(Safetensors::close);
            throw t;
        }
    }

    private static void checkNothingElse(
            String source, Map<String, String> weightMap, Map<String, Safetensors> shards) {
        shards.forEach((shardName, shard) -> {
            for (String key : shard.keys()) {
                if (!shardName.equals(weightMap.get(key))) {
                    throw WeightsException.of(
                            source,
                            "shard " + WeightsException.quote(shardName),
                            "only tensors that the index maps to it",
                            WeightsException.quote(key),
                            "the index and the shards are of different versions");
                }
            }
        });
    }

    private static Map<String, String> readIndex(Path index, String source) {
        byte[] json;
        try {
            long size = Files.size(index);
            if (size > MAX_INDEX_BYTES) {
                throw WeightsException.of(
                        source, "index", "at most " + MAX_INDEX_BYTES + " bytes", Long.toString(size));
            }
            json = Files.readAllBytes(index);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read weights " + source + ": " + e, e);
        }
        return parseIndex(json, source);
    }

    /** The {@code weight_map} of an index: tensor name to shard file name, every shard name a plain file name. */
    static Map<String, String> parseIndex(byte[] json, String source) {
        JsonScanner scanner = new JsonScanner(source, "index", json);
        Set<String> fields = new LinkedHashSet<>();
        Map<String, String> weightMap = new LinkedHashMap<>();
        scanner.expect('{');
        do {
            String field = scanner.string();
            scanner.expect(':');
            if (!fields.add(field)) {
                throw scanner.error("no duplicate key, here " + WeightsException.quote(field));
            }
            if (field.equals("weight_map")) {
                readWeightMap(scanner, source, weightMap);
            } else {
                scanner.skipValue(3);
            }
        } while (scanner.consume(','));
        scanner.expect('}');
        scanner.end(" \t\n\r");
        if (weightMap.isEmpty()) {
            throw WeightsException.of(source, "index", "a weight_map with at least one tensor", "none");
        }
        return weightMap;
    }

    private static void readWeightMap(JsonScanner scanner, String source, Map<String, String> weightMap) {
        Set<String> shardNames = new LinkedHashSet<>();
        scanner.expect('{');
        if (!scanner.consume('}')) {
            do {
                String key = scanner.string();
                scanner.expect(':');
                String shard = scanner.string();
                checkShardName(source, shard);
                if (weightMap.put(key, shard) != null) {
                    throw scanner.error("no duplicate key in weight_map, here " + WeightsException.quote(key));
                }
                if (shardNames.add(shard) && shardNames.size() > MAX_SHARDS) {
                    throw WeightsException.of(source, "index", "at most " + MAX_SHARDS + " shards", "more");
                }
            } while (scanner.consume(','));
            scanner.expect('}');
        }
    }

    /** An index must not be able to name a file outside its folder, on any operating system. */
    private static void checkShardName(String source, String name) {
        boolean plain = !name.isEmpty()
                && name.length() <= 255
                && !name.startsWith(".")
                && name.chars().noneMatch(c -> Character.isISOControl(c) || "/\\:*?\"<>|".indexOf(c) >= 0)
                && name.endsWith(".safetensors");
        if (!plain) {
            throw WeightsException.of(
                    source,
                    "shard name",
                    "a plain file name that ends in .safetensors, in the index's own folder",
                    WeightsException.quote(name));
        }
    }

    @Override
    public String source() {
        return source;
    }

    @Override
    public Set<String> keys() {
        return shardOf.keySet();
    }

    @Override
    public Map<String, String> metadata() {
        return shards.values().iterator().next().metadata();
    }

    @Override
    public WeightEntry entry(String key) {
        return shard(key).entry(key);
    }

    @Override
    public HostTensor read(String key) {
        return shard(key).read(key);
    }

    private Safetensors shard(String key) {
        Safetensors shard = shardOf.get(key);
        if (shard == null) {
            throw NearestKey.missing(source, key, shardOf.keySet());
        }
        return shard;
    }

    @Override
    public void close() {
        shards.values().forEach(Safetensors::close);
    }
}
