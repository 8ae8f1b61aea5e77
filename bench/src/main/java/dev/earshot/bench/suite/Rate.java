package dev.earshot.bench.suite;

/**
 * How fast work was done.
 *
 * @param flops of one call; NaN if not known
 * @param bytes of one call, each op's operands and results once; NaN if not known
 * @param gigaflops per second; NaN if not known
 * @param gigabytes per second; NaN if not known
 * @param share of the machine's peak: the least time by the nearer of its two limits, over the measured time. Above 1 where
 *     caches move more than memory could. NaN if peak or work is not known
 * @param limit {@code compute} or {@code memory}; empty without a share
 */
record Rate(double flops, double bytes, double gigaflops, double gigabytes, double share, String limit) {
    /** Not known. */
    static final Rate NONE = new Rate(Double.NaN, Double.NaN, Double.NaN, Double.NaN, Double.NaN, "");

    /** Of known work in a measured time. */
    static Rate of(double flops, double bytes, double seconds, Yardstick peak) {
        double byCompute = flops / peak.gigaflops() / 1e9;
        double byMemory = bytes / peak.gigabytes() / 1e9;
        double least = Double.isNaN(byMemory) || byCompute >= byMemory ? byCompute : byMemory;
        String limit = Double.isNaN(least) ? "" : least == byCompute ? "compute" : "memory";
        return new Rate(flops, bytes, flops / seconds / 1e9, bytes / seconds / 1e9, least / seconds, limit);
    }

    /** A measured GB/s figure beside what memory streams. */
    static Rate ofBandwidth(double gigabytesPerSecond, Yardstick peak) {
        double share = gigabytesPerSecond / peak.gigabytes();
        return new Rate(
                Double.NaN, Double.NaN, Double.NaN, gigabytesPerSecond, share, Double.isNaN(share) ? "" : "memory");
    }
}
