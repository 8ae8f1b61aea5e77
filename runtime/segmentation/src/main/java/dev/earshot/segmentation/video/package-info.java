/**
 * Video through the FFmpeg program, which runs in a process of its own behind limits: no shell, no network, no
 * playlists, no flags from users, bounded frames, bounded waiting, and never more than one frame in memory.
 *
 * <p>Start at {@link dev.earshot.segmentation.video.FrameSource}, {@link dev.earshot.segmentation.video.AudioSource}
 * and {@link dev.earshot.segmentation.video.VideoWriter}. Other decoders do not belong here.
 */
package dev.earshot.segmentation.video;
