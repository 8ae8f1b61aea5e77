/**
 * {@code earshot bench}: runs every other program of this module and of its scripts one after the other, and makes one page
 * of what they measured. {@link dev.earshot.bench.suite.BenchCommand} is the way in.
 */
package dev.earshot.bench.suite;
