package dev.earshot.tensor.cpu;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/**
 * Working memory on the Java heap, for loops that C2 vectorises over arrays only. Ops that need memory of the same form
 * share it, one after the other; it is looked up when an op runs and not when it is bound, so that it stays as small however
 * many ops are bound. Holds the last few forms. Belongs to one worker.
 */
final class HeapScratch {
    /** Most forms held: a pipeline has one or two. */
    private static final int CAPACITY = 2;

    private record Entry(Object form, Object memory) {}

    private final List<Entry> entries = new ArrayList<>(CAPACITY); // the most recently used one last

    /**
     * The memory of a form, made by {@code create} if it is not held; its contents are what the last user left. Allocates
     * nothing if it is.
     *
     * @param type of the memory
     * @param form what it depends on; unequal for memory of another type
     */
    <F, M> M get(Class<M> type, F form, Function<F, M> create) {
        for (int i = entries.size() - 1; i >= 0; i--) {
            Entry entry = entries.get(i);
            if (entry.form().equals(form)) {
                entries.remove(i);
                entries.add(entry);
                return type.cast(entry.memory());
            }
        }
        M memory = create.apply(form);
        if (entries.size() == CAPACITY) {
            entries.removeFirst();
        }
        entries.add(new Entry(form, memory));
        return memory;
    }
}
