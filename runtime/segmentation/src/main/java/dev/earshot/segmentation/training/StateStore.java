package dev.earshot.segmentation.training;

import java.lang.foreign.MemorySegment;
import java.util.Optional;

/**
 * Keeps one record of fp32 values per clip, up to a bound of bytes. Once it is full, further clips are not kept: clips come
 * in a random order and none twice before all have come, so throwing out the oldest would make every look-up fail.
 *
 * <p>One thread at a time.
 */
sealed interface StateStore extends AutoCloseable permits MemoryStates, MappedStates {
    /** The record of a clip, valid until close; empty if it is not kept. */
    Optional<MemorySegment> find(int clip);

    /** Keeps a record if there is room. */
    void offer(int clip, float[] values);

    /** Clips kept. */
    int kept();

    /** Most clips that can be kept. */
    int capacity();

    @Override
    void close();
}
