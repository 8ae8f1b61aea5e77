/**
 * Goldens: cases that pin what we compute to what the reference implementations compute. {@link Parity} runs a
 * {@link GoldenCase} through the {@link KindRunner} of its kind and compares; {@link KindRunners} lists the kinds.
 */
package dev.earshot.tools.parity;
