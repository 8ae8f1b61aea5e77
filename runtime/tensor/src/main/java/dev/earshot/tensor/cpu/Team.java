package dev.earshot.tensor.cpu;

import dev.earshot.bindings.OpenMp;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;

/**
 * The workers of one backend: the caller is worker 0, the others are daemon threads that sleep between jobs. A job is a list
 * of steps that every worker walks through, doing its share of each and meeting the others after it; so a whole captured
 * forward is one hand-off. Waiting spins for a bounded time and then sleeps, since on a machine that is also used by others
 * endless spinning takes the processor from the very thread that is waited for.
 */
final class Team implements AutoCloseable {
    /** Iterations of a spin wait: some 50 microseconds, more than the imbalance of most steps. */
    private static final int SPINS = 2_000;

    /** Then the processor is offered to whoever else wants it, this often, before a short sleep. */
    private static final int YIELDS = 200;

    private static final long NAP_NANOS = 20_000;
    private static final int PHASE_STRIDE = 32;

    private final Worker[] workers;
    private final Thread[] threads;
    private final Profile profile;
    private final AtomicInteger arrived = new AtomicInteger();
    private final int[] phases; // by worker, one cache line apart
    private final AtomicReference<Throwable> failure = new AtomicReference<>();

    private Step[] steps = {};
    private int count;
    private volatile int job;
    private volatile boolean stopping;
    private final AtomicInteger sleeping = new AtomicInteger();

    Team(int size, OneDnn onednn, Profile profile) {
        this.profile = profile;
        this.workers = new Worker[size];
        this.threads = new Thread[size];
        this.phases = new int[size * PHASE_STRIDE];
        for (int i = 0; i < size; i++) {
            workers[i] = new Worker(i, onednn);
        }
        for (int i = 1; i < size; i++) {
            int index = i;
            threads[i] = Thread.ofPlatform().daemon().name("earshot-cpu-" + i).start(() -> serve(index));
        }
    }

    int size() {
        return workers.length;
    }

    Worker worker(int index) {
        return workers[index];
    }

    /** Does all steps and returns when their results are written. Called by one thread at a time. */
    void run(Step[] list, int length) {
        if (length == 0) {
            return;
        }
        if (workers.length == 1 || (length == 1 && list[0].single())) {
            for (int i = 0; i < length; i++) {
                long start = profile.now();
                list[i].runSingle();
                profile.stop(0, list[i], start, profile.now());
            }
            return;
        }
        steps = list;
        count = length;
        job++; // publishes the two fields above
        if (sleeping.get() > 0) {
            for (int i = 1; i < threads.length; i++) {
                LockSupport.unpark(threads[i]);
            }
        }
        walk(0);
        Throwable thrown = failure.getAndSet(null);
        if (thrown != null) {
            throw new IllegalStateException("a worker failed: " + thrown.getMessage(), thrown);
        }
    }

    private void serve(int index) {
        OpenMp.setNumThreads(1);
        int done = 0;
        while (true) {
            awaitJobAfter(done);
            if (stopping) {
                return;
            }
            done++;
            walk(index);
        }
    }

    private void awaitJobAfter(int done) {
        for (int waits = 0; waits < SPINS + YIELDS && job == done && !stopping; waits++) {
            pause(waits);
        }
        if (job != done || stopping) {
            return;
        }
        sleeping.incrementAndGet();
        while (job == done && !stopping) {
            LockSupport.park(this);
        }
        sleeping.decrementAndGet();
    }

    private void walk(int index) {
        // A worker may leave the last barrier after the caller has posted the next job: it must not look at that here.
        Step[] list = steps;
        int length = count;
        for (int i = 0; i < length; i++) {
            long start = profile.now();
            if (failure.get() == null) {
                try {
                    list[i].run(index, phases[index * PHASE_STRIDE]);
                } catch (Throwable e) {
                    // The others are on their way to the barrier: everybody must get there before the caller is told.
                    failure.compareAndSet(null, e);
                }
            }
            long done = profile.now();
            meet(index);
            profile.stop(index, list[i], start, done);
        }
    }

    private void pause(int waits) {
        if (waits < SPINS) {
            Thread.onSpinWait();
        } else if (waits < SPINS + YIELDS) {
            Thread.yield();
        } else {
            LockSupport.parkNanos(this, NAP_NANOS);
        }
    }

    /** Returns when every worker has called this as often as this one has. */
    private void meet(int index) {
        int target = phases[index * PHASE_STRIDE] += workers.length;
        arrived.incrementAndGet();
        for (int waits = 0; arrived.get() - target < 0; waits++) {
            pause(waits);
        }
    }

    @Override
    public void close() {
        if (stopping) {
            return;
        }
        stopping = true;
        boolean interrupted = false;
        for (int i = 1; i < threads.length; i++) {
            LockSupport.unpark(threads[i]);
            while (threads[i].isAlive()) {
                try {
                    threads[i].join();
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        for (Worker worker : workers) {
            worker.close();
        }
    }
}
