/**
 * JMH benchmarks: launches, native memory, single ops by rows of the op table, fused ops beside their parts, loading, whole
 * forward passes. {@code bench/jmh} starts them.
 */
package dev.earshot.bench.jmh;
