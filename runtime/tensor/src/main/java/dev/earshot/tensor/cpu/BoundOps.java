package dev.earshot.tensor.cpu;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Predicate;

/**
 * Steps of eager calls by op record, least recently used first. A workspace hands out the same addresses in every pass, so
 * from the second pass on an eager forward binds nothing.
 */
final class BoundOps implements AutoCloseable {
    /** More ops than any of our models has; an entry is some kilobytes of descriptors. */
    private static final int CAPACITY = 2048;

    private final Map<Op, Step[]> bound = new LinkedHashMap<>(256, 0.75f, true);

    /** The steps of an equal op issued before, or those that {@code bind} gives now. */
    Step[] get(Op op, Function<Op, Step[]> bind) {
        Step[] known = bound.get(op);
        if (known != null) {
            return known;
        }
        Step[] steps = bind.apply(op);
        keep(op, steps);
        return steps;
    }

    private void keep(Op op, Step[] steps) {
        if (bound.size() >= CAPACITY) {
            releaseOldest();
        }
        bound.put(op, steps);
    }

    /** Frees the steps of the least recently used op; false if there is none. */
    boolean releaseOldest() {
        Iterator<Step[]> oldest = bound.values().iterator();
        if (!oldest.hasNext()) {
            return false;
        }
        release(oldest.next());
        oldest.remove();
        return true;
    }

    /** Frees the steps of ops that {@code stale} holds for. */
    void removeIf(Predicate<Op> stale) {
        List<Op> found = new ArrayList<>(bound.keySet().stream().filter(stale).toList());
        found.forEach(op -> release(bound.remove(op)));
    }

    static void release(Step[] steps) {
        for (Step step : steps) {
            step.close();
        }
    }

    @Override
    public void close() {
        bound.values().forEach(BoundOps::release);
        bound.clear();
    }
}
