/**
 * Networks written once against {@code dev.earshot.tensor.Backend}, one package each. Start at
 * {@link dev.earshot.models.vit.TransformerBlock}, which ImageBind and DINO share; {@link dev.earshot.models.ForwardSession}
 * replays any forward pass, {@link dev.earshot.models.Filler} makes full-size weights without a file. No device class, image
 * or audio decoding may appear here.
 */
package dev.earshot.models;
