/**
 * Segment Anything (SAM) and its high-quality variant (HQ-SAM): an image encoder, which runs once per picture, and a light
 * decoder, which turns prompts (points, boxes, rough masks) into masks. {@link dev.earshot.models.sam.SamConfig} has all
 * sizes; {@code SamLoader} is the one place that knows both families of tensor names. Images are token rows
 * [B, rows * columns, C] throughout, not planes.
 */
package dev.earshot.models.sam;
