/**
 * Audio-visual segmentation: media in, masks out. The packages {@code image}, {@code audio} and {@code video} read
 * media, {@code output} writes masks and pictures; everything in them works on plain arrays.
 */
package dev.earshot.segmentation;
