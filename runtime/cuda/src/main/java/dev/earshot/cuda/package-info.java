/**
 * Home of the CUDA implementation of {@code dev.earshot.tensor.Backend}: device, streams, graphs, memory pool and one
 * launcher per kernel. It is empty until that capability is built; {@code --device cuda} says so.
 *
 * <p>Never add here: anything that knows a model.
 */
package dev.earshot.cuda;
