package dev.earshot.segmentation.moca;

import dev.earshot.segmentation.image.RgbImage;

/**
 * One frame and the sound around it.
 *
 * @param index number of the frame within its clip, from 0
 * @param seconds time of the frame
 * @param image the frame
 * @param sound the frame's second of sound, mono at 16 kHz; shorter at the end of a clip, empty if there is no sound
 */
record Moment(int index, double seconds, RgbImage image, float[] sound) {}
