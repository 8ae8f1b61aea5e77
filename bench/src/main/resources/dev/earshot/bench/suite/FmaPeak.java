import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.Locale;
import java.util.concurrent.CyclicBarrier;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * Fused multiply-adds per second with nothing else in the way: twelve independent chains in registers per thread, enough to
 * hide the latency of two units. Started from its source, with the incubator module, by dev.earshot.bench.suite.Peaks, so that
 * nothing else needs a module that is not yet part of Java. For each repeat prints threads and GFLOP/s of all of them
 * together, each thread by its own time on a processor, so that other programs do not lower the peak. {@code chains} must not
 * be inlined: the compiler would mix the rounds and put one chain's instructions behind each other.
 */
final class FmaPeak {
    private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;
    private static final int CHAINS = 12;
    private static final int ROUNDS = 1_000;
    /** Between two looks at the clock, which costs as much as a round. */
    private static final int CALLS = 200;

    private static final int WARM_UPS = 6;
    private static final double WARM_UP_SECONDS = 0.5;

    private FmaPeak() {}

    /** Arguments: threads, repeats, seconds of one repeat. */
    public static void main(String[] arguments) throws Exception {
        int threads = Integer.parseInt(arguments[0]);
        int repeats = Integer.parseInt(arguments[1]);
        double seconds = Double.parseDouble(arguments[2]);
        for (int i = 0; i < WARM_UPS; i++) {
            repeat(1, WARM_UP_SECONDS);
        }
        for (int each : threads == 1 ? new int[] {1} : new int[] {1, threads}) {
            for (int i = 0; i < repeats; i++) {
                System.out.printf(Locale.ROOT, "%d %.3f%n", each, repeat(each, seconds));
            }
        }
        System.out.println("lanes " + SPECIES.length());
    }

    private static double repeat(int threads, double seconds) throws Exception {
        CyclicBarrier start = new CyclicBarrier(threads);
        double[] rates = new double[threads];
        Thread[] workers = new Thread[threads];
        for (int t = 0; t < threads; t++) {
            int own = t;
            workers[t] = new Thread(() -> rates[own] = rate(start, seconds));
            workers[t].start();
        }
        double all = 0;
        for (int t = 0; t < threads; t++) {
            workers[t].join();
            all += rates[t];
        }
        return all;
    }

    private static double rate(CyclicBarrier start, double seconds) {
        try {
            start.await();
        } catch (Exception e) {
            throw new IllegalStateException("start", e);
        }
        ThreadMXBean threads = ManagementFactory.getThreadMXBean();
        long begin = threads.getCurrentThreadCpuTime();
        long end = begin + (long) (seconds * 1e9);
        long calls = 0;
        float sum = 0;
        while (threads.getCurrentThreadCpuTime() < end) {
            for (int i = 0; i < CALLS; i++) {
                sum += chains();
            }
            calls += CALLS;
        }
        double nanos = threads.getCurrentThreadCpuTime() - begin;
        if (Float.isNaN(sum)) {
            throw new IllegalStateException("the chains ended in no number");
        }
        return 2.0 * calls * ROUNDS * CHAINS * SPECIES.length() / nanos;
    }

    /** Sums of one number, so that each result is the next addend, which the instruction takes in place. */
    private static float chains() {
        FloatVector m = FloatVector.broadcast(SPECIES, 0.5f);
        FloatVector a = m;
        FloatVector b = m;
        FloatVector c = m;
        FloatVector d = m;
        FloatVector e = m;
        FloatVector f = m;
        FloatVector g = m;
        FloatVector h = m;
        FloatVector i = m;
        FloatVector j = m;
        FloatVector k = m;
        FloatVector l = m;
        for (int round = 0; round < ROUNDS; round++) {
            a = m.fma(m, a);
            b = m.fma(m, b);
            c = m.fma(m, c);
            d = m.fma(m, d);
            e = m.fma(m, e);
            f = m.fma(m, f);
            g = m.fma(m, g);
            h = m.fma(m, h);
            i = m.fma(m, i);
            j = m.fma(m, j);
            k = m.fma(m, k);
            l = m.fma(m, l);
        }
        return a.add(b).add(c).add(d).add(e).add(f).add(g).add(h).add(i).add(j).add(k).add(l).lane(0);
    }
}
