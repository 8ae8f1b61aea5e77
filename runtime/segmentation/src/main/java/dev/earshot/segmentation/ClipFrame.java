package dev.earshot.segmentation;

import dev.earshot.segmentation.image.RgbImage;

/**
 * A picture and the second of sound around it. At one picture a second, picture {@code index} comes with the sound from
 * second {@code index} to {@code index + 1}, as in AVSBench.
 *
 * @param index counts from 0
 * @param timeSeconds when the picture is shown, from the beginning of the clip
 * @param image the picture in the clip's own size
 * @param sound 16,000 mono samples at 16 kHz; zeros where the clip has no sound
 */
public record ClipFrame(int index, double timeSeconds, RgbImage image, float[] sound) {}
