package dev.earshot.bench.result;

import dev.earshot.bench.work.Work;

/**
 * One measured number.
 *
 * @param group chapter of the report: {@code start-up}, {@code footprint}, {@code throughput} …
 * @param name what was measured, the same in every run so that runs can be compared
 * @param engine whose number it is: {@code earshot} or a peer's name
 * @param unit {@code ms}, {@code MB}, {@code GB/s}, {@code bytes}, {@code frames/s}, {@code count} …
 * @param value the median
 * @param low tenth percentile, or the least of few samples
 * @param high ninetieth percentile, or the largest of few samples
 * @param samples how many times it was measured
 * @param better which way is better
 * @param command what prints this number again
 * @param note what a reader must know; may be empty
 * @param work of what was timed; {@link Work#NONE} where it was not counted or nothing was timed
 */
public record Figure(
        String group,
        String name,
        String engine,
        String unit,
        double value,
        double low,
        double high,
        int samples,
        Better better,
        String command,
        String note,
        Work work) {

    /** Files of programs that count no work lack it. */
    public Figure {
        work = work == null ? Work.NONE : work;
    }

    /** A figure whose work is not counted. */
    public Figure(
            String group,
            String name,
            String engine,
            String unit,
            double value,
            double low,
            double high,
            int samples,
            Better better,
            String command,
            String note) {
        this(group, name, engine, unit, value, low, high, samples, better, command, note, Work.NONE);
    }

    /** Which way a figure improves. */
    public enum Better {
        /** Times, bytes. */
        LOWER,
        /** Rates. */
        HIGHER,
        /** A fact that is neither good nor bad. */
        NEITHER
    }

    /** The median, tenth and ninetieth percentile of some samples. */
    public static Figure of(
            String group, String name, String engine, String unit, double[] samples, Better better, String command) {
        Spread spread = Spread.of(samples);
        return new Figure(
                group,
                name,
                engine,
                unit,
                spread.median(),
                spread.low(),
                spread.high(),
                samples.length,
                better,
                command,
                "");
    }

    /** The same figure with a note. */
    public Figure noted(String words) {
        return new Figure(group, name, engine, unit, value, low, high, samples, better, command, words, work);
    }

    /** The same time with what was computed and moved in it. */
    public Figure withWork(Work counted) {
        return new Figure(group, name, engine, unit, value, low, high, samples, better, command, note, counted);
    }
}
