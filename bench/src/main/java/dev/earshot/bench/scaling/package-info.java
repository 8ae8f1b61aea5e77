/**
 * How time and memory grow with the size of the work: clip length, clips, batch, threads, image size, rows of a table.
 * {@link dev.earshot.bench.scaling.ScalingBench} measures, {@link dev.earshot.bench.scaling.PowerLaw} says how steep a curve
 * is and where it bends.
 */
package dev.earshot.bench.scaling;
