/**
 * The transformer that ImageBind and DINO share: {@link dev.earshot.models.vit.TransformerBlock} first, then
 * {@link dev.earshot.models.vit.Trunk}, {@link dev.earshot.models.vit.PatchEmbed} and
 * {@link dev.earshot.models.vit.PositionTable}. Written against the op interface alone: no device, no checkpoint key.
 */
package dev.earshot.models.vit;
