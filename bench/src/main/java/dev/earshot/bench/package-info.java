/**
 * How fast it is. {@link dev.earshot.bench.jmh} measures ops, {@link dev.earshot.bench.peers} stands beside other libraries,
 * {@link dev.earshot.bench.device} measures a card, {@link dev.earshot.bench.work} counts what is computed and moved,
 * {@link dev.earshot.bench.suite} runs them all, {@link dev.earshot.bench.result} is the form in which all of them
 * write what they measured.
 *
 * <p>Nothing here is used by the product, and no figure is checked by a test: times belong to the machine they were
 * measured on.
 */
package dev.earshot.bench;
