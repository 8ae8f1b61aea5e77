/**
 * How fast it is: JMH benchmarks of single ops and of whole forward passes, and {@link dev.earshot.bench.SideBySide}, our
 * side of the comparison with PyTorch and ONNX Runtime. {@code bench/jmh} and {@code bench/side-by-side} start them.
 *
 * <p>Nothing here is used by the product, and no figure is checked by a test: times belong to the machine they were
 * measured on.
 */
package dev.earshot.bench;
