/**
 * What an embedder takes on with a tensor runtime: jars, native libraries, memory, and the time until a fresh JVM has its
 * first result. {@link dev.earshot.bench.footprint.FootprintBench} measures ours beside DJL, ONNX Runtime and TensorFlow Java,
 * whose jars are resolved when it runs and are no part of the build.
 */
package dev.earshot.bench.footprint;
