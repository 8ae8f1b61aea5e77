/**
 * Weight files: strict safetensors reading and writing, sharded indices, and complete load reports.
 *
 * <p>Start reading at {@link dev.earshot.tensor.weights.Weights}, what a model's loader sees, then
 * {@link dev.earshot.tensor.weights.Safetensors} and {@link dev.earshot.tensor.weights.WeightLoader}. Files are untrusted:
 * whatever the bytes, the outcome is a right answer or a {@link dev.earshot.tensor.weights.WeightsException}. No pickle, no
 * network and no third-party parser belongs here.
 */
package dev.earshot.tensor.weights;
