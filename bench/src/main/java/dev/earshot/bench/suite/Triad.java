package dev.earshot.bench.suite;

import java.util.Arrays;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CyclicBarrier;

/** a[i] = b[i] + 3 c[i] over arrays far larger than the caches, each thread on its own part. */
final class Triad {
    private static final int PART = 1 << 16;

    private final int threads;
    private final float[] a;
    private final float[] b;
    private final float[] c;

    /** @param elements of each of the three arrays */
    Triad(int threads, int elements) {
        this.threads = threads;
        a = new float[elements];
        b = new float[elements];
        c = new float[elements];
        Arrays.fill(b, 1);
        Arrays.fill(c, 2);
    }

    int mebibytes() {
        return a.length >> 18;
    }

    /** Of some passes after two that are not counted; what is read before it is overwritten is not in the bytes. */
    double[] gigabytesPerSecond(int passes) throws InterruptedException {
        double[] rates = new double[passes];
        for (int i = -2; i < passes; i++) {
            double nanos = pass();
            if (i >= 0) {
                rates[i] = 12.0 * a.length / nanos;
            }
        }
        return rates;
    }

    private double pass() throws InterruptedException {
        long[] times = new long[2];
        CyclicBarrier start = new CyclicBarrier(threads, () -> times[0] = System.nanoTime());
        CyclicBarrier end = new CyclicBarrier(threads, () -> times[1] = System.nanoTime());
        Thread[] workers = new Thread[threads];
        for (int t = 0; t < threads; t++) {
            int from = (int) ((long) a.length * t / threads);
            int to = (int) ((long) a.length * (t + 1) / threads);
            workers[t] = new Thread(() -> {
                await(start);
                for (int i = from; i < to; i += PART) {
                    add(a, b, c, i, Math.min(to, i + PART));
                }
                await(end);
            });
            workers[t].start();
        }
        for (Thread worker : workers) {
            worker.join();
        }
        return times[1] - times[0];
    }

    private static void await(CyclicBarrier barrier) {
        try {
            barrier.await();
        } catch (InterruptedException | BrokenBarrierException e) {
            throw new IllegalStateException("triad", e);
        }
    }

    /** A method of its own, so that the whole of it is compiled. */
    private static void add(float[] a, float[] b, float[] c, int from, int to) {
        for (int i = from; i < to; i++) {
            a[i] = b[i] + 3 * c[i];
        }
    }
}
