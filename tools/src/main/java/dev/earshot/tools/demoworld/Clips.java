package dev.earshot.tools.demoworld;

/** Timing shared by all clips of the demo world. */
final class Clips {
    /** Frames per second of the videos: a multiple of 16, so that AVSBench's instant falls on a frame. */
    static final int FRAME_RATE = 16;

    /** AVSBench takes the frame at 15/16 of every second (datasets of the same layout do, too). */
    static final double FRAME_INSTANT = 15.0 / 16;

    private Clips() {}
}
