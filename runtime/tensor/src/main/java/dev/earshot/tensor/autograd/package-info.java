/**
 * Reverse-mode gradients for a few trained parameters inside frozen networks. Start at {@link
 * dev.earshot.tensor.autograd.Tape}. Formulas live in the backends' training ops, never here; no op gets a class of its own.
 */
package dev.earshot.tensor.autograd;
