package dev.earshot.tools.demoworld;

import java.nio.file.Path;

/** Turns a clip into a video file. */
interface VideoEncoder {
    /** Writes an mp4 with H.264 pictures at {@link Clips#FRAME_RATE} and AAC sound. */
    void encode(DemoClip clip, Path file);
}
