/**
 * MoCA's audio-visual adapters. {@link dev.earshot.models.adaav.AdaAv} is one module,
 * {@link dev.earshot.models.adaav.AdaAvAdapters} a set of them with its file, and
 * {@link dev.earshot.models.adaav.AdaptedImageBind} the model they sit in.
 */
package dev.earshot.models.adaav;
