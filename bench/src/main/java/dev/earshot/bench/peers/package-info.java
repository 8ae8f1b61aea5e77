/**
 * Our side of comparisons with other libraries: workloads that a peer computes as well, with the same weights and inputs.
 * {@code bench/side-by-side} starts them.
 */
package dev.earshot.bench.peers;
