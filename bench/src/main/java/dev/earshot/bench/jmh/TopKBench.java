package dev.earshot.bench.jmh;

import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;

/** Seven neighbours out of a block of similarities, along its rows and along its columns; bound by memory. */
public class TopKBench extends OpBench {
    /** Rows of the op table. */
    @Param({"mergeTopK 256x2048 k7", "mergeTopK 2048x2048 k7", "mergeTopK 2048x2048 k7 transposed"})
    public String row;

    @Override
    protected String row() {
        return row;
    }

    /** One call; from the second on the lists are as good as full, as they are for most blocks of a search. */
    @Benchmark
    public void mergeTopK() {
        execute();
    }
}
