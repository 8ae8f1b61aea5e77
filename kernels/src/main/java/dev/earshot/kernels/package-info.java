/**
 * Home of the CUDA kernels: one {@code .cu} per kernel beside this source tree, the PTX built from it as a resource, and
 * the source hashes that tie the two together. {@code kernels/build} makes the PTX.
 *
 * <p>Never add here: launch code (that is {@code earshot-cuda}) or anything that links against CUDA.
 */
package dev.earshot.kernels;
