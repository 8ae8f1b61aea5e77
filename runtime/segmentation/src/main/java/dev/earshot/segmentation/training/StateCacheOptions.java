package dev.earshot.segmentation.training;

/**
 * Where frozen states are kept between steps.
 *
 * @param place memory, or a file in the cache folder of the clips that later runs use, too
 * @param maxBytes bound of one cache; 0 keeps nothing and computes every state when it is asked for
 */
public record StateCacheOptions(Place place, long maxBytes) {
    /** Kinds of places. */
    public enum Place {
        /** Outside the heap, gone at the end. */
        MEMORY,
        /** A memory-mapped file. */
        DISK
    }

    /** Keeps nothing. */
    public static final StateCacheOptions OFF = new StateCacheOptions(Place.MEMORY, 0);

    /** Checks the bound. */
    public StateCacheOptions {
        if (maxBytes < 0) {
            throw new IllegalArgumentException("state cache: expected a bound of at least 0 bytes, got " + maxBytes);
        }
    }

    /**
     * Opens a store.
     *
     * @param name of the file, without ending
     * @param origin text that says what the states are made from
     */
    StateStore open(TrainingClips clips, String name, String origin, int floats, WorkProgress progress) {
        return switch (place) {
            case MEMORY -> new MemoryStates(clips.size(), floats, maxBytes);
            case DISK ->
                new MappedStates(
                        clips.cacheFolder().resolve(name + ".states"),
                        clips.sha256() + " " + origin,
                        clips.size(),
                        floats,
                        maxBytes,
                        progress);
        };
    }
}
