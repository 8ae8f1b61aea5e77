package dev.earshot.bench.peers;

/**
 * How often a whole pass is timed: often enough for percentiles where it is short, for about half a second where it is long, at
 * least a few times. The clock is the host's.
 *
 * @param most runs at most; 1 runs once, untimed runs included
 * @param seconds that all timed runs of one kind should take at most
 */
record Timing(int most, double seconds) {
    /** On a card. */
    static final Timing FULL = new Timing(100, 0.5);
    /** On a slow device: each once. */
    static final Timing ONCE = new Timing(1, 0);

    private static final int LEAST = 5;
    private static final int WARM_UPS = 5;

    /** Milliseconds of {@code call}, which ends when its work is done. */
    double[] millis(Runnable call) {
        return millis(call, () -> {});
    }

    /** Milliseconds of {@code call} alone, which {@code after} follows, such as the wait for its work. */
    double[] millis(Runnable call, Runnable after) {
        double[] millis = new double[runs(call, after)];
        for (int i = 0; i < millis.length; i++) {
            long start = System.nanoTime();
            call.run();
            millis[i] = (System.nanoTime() - start) / 1e6;
            after.run();
        }
        return millis;
    }

    /** Warms up and looks how long a run takes. */
    private int runs(Runnable call, Runnable after) {
        if (most == 1) {
            return 1;
        }
        long start = System.nanoTime();
        call.run();
        after.run();
        double first = (System.nanoTime() - start) / 1e9;
        int warm = first > seconds / WARM_UPS ? 0 : WARM_UPS;
        for (int i = 0; i < warm; i++) {
            start = System.nanoTime();
            call.run();
            after.run();
        }
        double each = (System.nanoTime() - start) / 1e9;
        return Math.clamp(Math.round(seconds / each), Math.min(LEAST, most), most);
    }
}
