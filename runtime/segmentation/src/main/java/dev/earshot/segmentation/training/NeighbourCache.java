package dev.earshot.segmentation.training;

import dev.earshot.models.dino.DinoPooling;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.weights.Weights;
import dev.earshot.tensor.weights.WeightsException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.IntStream;

/**
 * The neighbour table of a set of clips, made once and kept in {@code cache/knn_<variant>_k<K>.safetensors}.
 *
 * @param features what the neighbours are found by; computed only if the table has to be made
 * @param k neighbours of each picture
 * @param excludeSameVideo whether clips of one video are not each other's neighbours
 */
public record NeighbourCache(FeatureCache features, int k, boolean excludeSameVideo) {
    /** The usual table: pooled patches, K = {@value NeighbourSearch#DEFAULT_K}, clips of one video may be neighbours. */
    public static NeighbourCache of(TrainingClips clips, Weights dino, String dinoHash) {
        return new NeighbourCache(
                new FeatureCache(clips, dino, dinoHash, DinoPooling.GAP), NeighbourSearch.DEFAULT_K, false);
    }

    /** The file. */
    public Path file() {
        String name =
                "knn_%s_k%d%s.safetensors".formatted(features.variant(), k, excludeSameVideo ? "_other_videos" : "");
        return features.clips().cacheFolder().resolve(name);
    }

    private Map<String, String> origin() {
        Map<String, String> origin = new TreeMap<>(features.origin());
        origin.put("k", Integer.toString(k));
        origin.put("excludeSameVideo", Boolean.toString(excludeSameVideo));
        return origin;
    }

    /** Reads the table; makes it if it is missing, damaged, or made from something else, which is said in one line. */
    public NeighbourTable open(Backend backend, WorkProgress progress) {
        CacheFile file = new CacheFile(file(), origin());
        Optional<Weights> known = file.open(progress);
        if (known.isPresent()) {
            try (Weights stored = known.get()) {
                NeighbourTable table = NeighbourTable.read(stored);
                if (table.size() == features.clips().size() && table.k() == k) {
                    return table;
                }
                file.stale(progress, "damaged: " + table);
            } catch (WeightsException e) {
                file.stale(progress, "damaged: " + e.getMessage());
            }
        }
        try (Weights vectors = features.open(backend, progress)) {
            NeighbourTable table = NeighbourSearch.on(backend, k)
                    .run(backend, vectors.read(FeatureCache.FEATURES), groups(), progress);
            table.write(file(), origin());
            return table;
        }
    }

    private int[] groups() {
        TrainingClips clips = features.clips();
        Map<String, Integer> numbers = new TreeMap<>();
        return excludeSameVideo
                ? IntStream.range(0, clips.size())
                        .map(i -> numbers.computeIfAbsent(clips.name(i).id(), _ -> numbers.size()))
                        .toArray()
                : new int[0];
    }
}
