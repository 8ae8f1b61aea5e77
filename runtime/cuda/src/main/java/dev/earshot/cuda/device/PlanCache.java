package dev.earshot.cuda.device;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Plans by what they are for. A user's data can ask for any number of kinds, so only so many are kept, and the least recently
 * used give way. To know that a kind is refused counts as a plan.
 *
 * @param <K> what a plan is for, compared by value
 * @param <P> the plans
 */
public final class PlanCache<K, P extends LibraryPlan> implements AutoCloseable {
    private final Queue queue;
    private final int capacity;
    private final Map<K, Optional<P>> plans = new LinkedHashMap<>(64, 0.75f, true);

    /** A cache of at most {@code capacity} plans whose work goes to {@code queue}. */
    public PlanCache(Queue queue, int capacity) {
        this.queue = queue;
        this.capacity = capacity;
    }

    /** What is known of a kind: its plan, or that there is none; null if it was never asked for or is forgotten. */
    public Optional<P> find(K key) {
        return plans.get(key);
    }

    /** Makes what {@link #find} did not find, and keeps it; others that are forgotten for it are waited for. */
    public Optional<P> prepare(K key, Supplier<Optional<P>> plan) {
        if (plans.size() >= capacity) {
            forget(Math.max(1, capacity / 8)); // several at once, because of the waiting
        }
        Optional<P> made = plan.get();
        made.ifPresent(LibraryPlan::hold);
        plans.put(key, made);
        return made;
    }

    private void forget(int count) {
        queue.synchronize();
        Iterator<Optional<P>> oldest = plans.values().iterator();
        for (int i = 0; i < count && oldest.hasNext(); i++) {
            Optional<P> plan = oldest.next();
            oldest.remove();
            plan.ifPresent(LibraryPlan::letGo);
        }
    }

    /** Forgets all; nothing that uses them is under way. */
    @Override
    public void close() {
        plans.values().forEach(plan -> plan.ifPresent(LibraryPlan::letGo));
        plans.clear();
    }
}
