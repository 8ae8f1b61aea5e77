package dev.earshot.segmentation.training;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** Records in memory outside the heap, taken one by one as they come. */
final class MemoryStates implements StateStore {
    private final Arena arena = Arena.ofShared();
    private final Map<Integer, MemorySegment> records = new HashMap<>();
    private final int floats;
    private final int capacity;

    /**
     * A store of records of {@code floats} values.
     *
     * @param maxBytes bound of all records together; 0 keeps nothing
     */
    MemoryStates(int clips, int floats, long maxBytes) {
        this.floats = floats;
        this.capacity = (int) Math.min(clips, maxBytes / (4L * floats));
    }

    @Override
    public Optional<MemorySegment> find(int clip) {
        return Optional.ofNullable(records.get(clip));
    }

    @Override
    public void offer(int clip, float[] values) {
        if (values.length != floats) {
            throw new IllegalArgumentException(
                    "state of clip %d: expected %d values, got %d".formatted(clip, floats, values.length));
        }
        if (records.size() < capacity && !records.containsKey(clip)) {
            MemorySegment record = arena.allocate(4L * floats, 64);
            MemorySegment.copy(values, 0, record, ValueLayout.JAVA_FLOAT, 0, floats);
            records.put(clip, record);
        }
    }

    @Override
    public int kept() {
        return records.size();
    }

    @Override
    public int capacity() {
        return capacity;
    }

    @Override
    public void close() {
        if (arena.scope().isAlive()) {
            arena.close();
            records.clear();
        }
    }
}
