/**
 * The definition of every op: scalar Java, fp64 accumulation, index order, written for reading. It is the truth that other
 * backends are tested against and the last resort on a machine where no faster backend can run. Start at
 * {@link dev.earshot.tensor.reference.ReferenceBackend}; each op's loops stand in the class of its family
 * ({@code LinearOps}, {@code AttentionOps} …). Never optimise here what makes a definition harder to read.
 */
package dev.earshot.tensor.reference;
