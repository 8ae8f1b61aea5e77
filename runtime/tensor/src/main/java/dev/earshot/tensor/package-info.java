/**
 * The tensor runtime: start at {@link dev.earshot.tensor.Backend}, the one interface of coarse ops that every model is
 * written against, and {@link dev.earshot.tensor.Backends}, which opens one. Ops write into tensors the caller allocates
 * from a {@link dev.earshot.tensor.Workspace}; weights live in a {@link dev.earshot.tensor.ParameterScope}.
 *
 * <p>Never add here: anything that knows a model, a file format of media, or a third-party library.
 */
package dev.earshot.tensor;
