package dev.earshot.segmentation.video;

import dev.earshot.segmentation.MediaException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;

/** How untrusted files are handed to FFmpeg: one place for every precaution. */
final class Input {
    /** The demuxers; none of them follows references to other files, as playlists do. */
    private static final String FORMATS = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi";

    private Input() {}

    /** Refuses what is no file at all, so that FFmpeg never interprets a name. */
    static void check(Path file) {
        String name = name(file);
        try {
            if (!Files.exists(file)) {
                throw new NoSuchFileException(file.toString());
            }
            if (!Files.isRegularFile(file)) {
                throw MediaException.of(name, "a video file", "a folder or device", "give the path of a file");
            }
            if (Files.size(file) == 0) {
                throw MediaException.of(name, "a video file", "an empty file", "copy or record it again");
            }
        } catch (IOException e) {
            throw new UncheckedIOException(file + ": cannot be read", e);
        }
    }

    static String name(Path file) {
        return String.valueOf(file.getFileName());
    }

    /** Options in front of every input: local files and pipes only, known containers only, bounded allocations. */
    static List<String> guards(VideoLimits limits) {
        return List.of(
                "-protocol_whitelist",
                "file,pipe",
                "-format_whitelist",
                FORMATS,
                "-max_pixels",
                "" + limits.maxPixels());
    }

    /** The input itself, absolute and with its protocol, so that no name can be taken for an option or an address. */
    static List<String> input(Path file) {
        return List.of("-i", "file:" + file.toAbsolutePath());
    }

    /** Options of every run of {@code ffmpeg}. */
    static List<String> quiet() {
        return List.of("-nostdin", "-hide_banner", "-loglevel", "error", "-max_alloc", "" + (1 << 30), "-threads", "2");
    }

    /** A number without exponent. */
    static String number(double value) {
        return BigDecimal.valueOf(value).toPlainString();
    }

    /** What to throw when FFmpeg gave nothing: mostly the file is to blame, sometimes FFmpeg itself did not start. */
    static RuntimeException undecodable(Path file, String errors) {
        if (errors.contains("error while loading shared libraries")) {
            return new IllegalStateException("ffmpeg cannot start here: " + errors
                    + " — install that library, or set EARSHOT_FFMPEG to an ffmpeg that runs");
        }
        return MediaException.of(
                name(file),
                "a video that FFmpeg decodes (mp4, mov, mkv, webm, avi)",
                errors.isEmpty() ? "nothing" : "\"" + errors + "\"",
                "check that it plays; if so, convert it with: ffmpeg -i INPUT -c:v libx264 -c:a aac OUTPUT.mp4");
    }
}
