package dev.earshot.segmentation.video;

import com.fasterxml.jackson.databind.JsonNode;
import dev.earshot.segmentation.MediaException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What a video file says about itself, before anything is decoded. It may be wrong: files lie. Pixels are counted as
 * stored; pictures with non-square pixels are not stretched.
 *
 * @param seconds length, NaN if the file does not say
 * @param width columns of an upright frame
 * @param height rows of an upright frame
 * @param rotationDegrees how far the decoder turns the stored frame to make it upright: 0, 90, 180 or 270
 * @param framesPerSecond mean frame rate, NaN if unknown
 * @param videoCodec FFmpeg's name, empty without pictures
 * @param audioCodec FFmpeg's name, empty without sound
 * @param audioRateHz sample rate, 0 without sound
 * @param audioChannels channels, 0 without sound
 */
public record VideoProbe(
        double seconds,
        int width,
        int height,
        int rotationDegrees,
        double framesPerSecond,
        String videoCodec,
        String audioCodec,
        int audioRateHz,
        int audioChannels) {
    private static final int MAX_JSON_BYTES = 1 << 20;

    /** Whether there are pictures (cover art of a song does not count). */
    public boolean hasVideo() {
        return !videoCodec.isEmpty();
    }

    /** Whether there is sound. */
    public boolean hasAudio() {
        return !audioCodec.isEmpty();
    }

    /** Asks {@code ffprobe} about a file, within {@link VideoLimits#DEFAULT}. */
    public static VideoProbe of(Path file) {
        return of(file, VideoLimits.DEFAULT);
    }

    /**
     * Asks {@code ffprobe} about a file.
     *
     * @throws MediaException if it is no video file, or beyond the limits
     * @throws java.io.UncheckedIOException if it cannot be read at all
     */
    public static VideoProbe of(Path file, VideoLimits limits) {
        Input.check(file);
        List<String> arguments = new ArrayList<>(List.of("-hide_banner", "-loglevel", "error"));
        arguments.addAll(Input.guards(limits));
        arguments.addAll(List.of(
                "-print_format",
                "json",
                "-show_entries",
                "format=duration:stream=codec_type,codec_name,width,height,avg_frame_rate,duration,sample_rate,channels"
                        + ":stream_disposition=attached_pic:stream_side_data=rotation"));
        arguments.addAll(Input.input(file));
        FfmpegTools tools = FfmpegTools.get();
        try (FfmpegProcess process =
                FfmpegProcess.start(tools, tools.ffprobe(), arguments, Input.name(file), false, limits.stall())) {
            byte[] buffer = new byte[MAX_JSON_BYTES];
            int length = process.read(buffer);
            if (length == buffer.length || process.finish() != 0) {
                throw Input.undecodable(file, process.errors());
            }
            return parse(file, Arrays.copyOf(buffer, length), limits);
        }
    }

    /** Reads ffprobe's answer; every field is checked, for it repeats what the file says. */
    static VideoProbe parse(Path file, byte[] json, VideoLimits limits) {
        JsonNode root;
        try {
            root = SmallJson.read(json);
        } catch (IOException e) {
            throw MediaException.of(
                    Input.name(file), "an answer of ffprobe in JSON", e.getMessage(), "report this file", e);
        }
        JsonNode video = null;
        JsonNode audio = null;
        double seconds = number(root.path("format").path("duration"));
        for (JsonNode stream : root.path("streams")) {
            String type = stream.path("codec_type").asText("");
            boolean cover = stream.path("disposition").path("attached_pic").asInt(0) != 0;
            if (type.equals("video") && !cover && video == null) {
                video = stream;
            } else if (type.equals("audio") && audio == null) {
                audio = stream;
            }
        }
        if (Double.isNaN(seconds) && video != null) {
            seconds = number(video.path("duration"));
        }
        return build(file, limits, seconds, video, audio);
    }

    private static VideoProbe build(Path file, VideoLimits limits, double seconds, JsonNode video, JsonNode audio) {
        int width = video == null ? 0 : video.path("width").asInt(0);
        int height = video == null ? 0 : video.path("height").asInt(0);
        if (video != null && (width < 1 || height < 1 || (long) width * height > limits.maxPixels())) {
            throw MediaException.of(
                    Input.name(file) + " frame size",
                    "1x1 to " + limits.maxPixels() + " pixels",
                    width + "x" + height,
                    "scale the video down first");
        }
        int rotation = video == null ? 0 : rotation(video);
        boolean turned = rotation == 90 || rotation == 270;
        return new VideoProbe(
                seconds,
                turned ? height : width,
                turned ? width : height,
                rotation,
                video == null ? Double.NaN : ratio(video.path("avg_frame_rate").asText("")),
                video == null ? "" : codec(video),
                audio == null ? "" : codec(audio),
                audio == null ? 0 : Math.max(0, (int) number(audio.path("sample_rate"))),
                audio == null ? 0 : Math.max(0, audio.path("channels").asInt(0)));
    }

    private static String codec(JsonNode stream) {
        String name = stream.path("codec_name").asText("unknown");
        return name.matches("[A-Za-z0-9_.-]{1,40}") ? name : "unknown";
    }

    /** A decimal number, written as a JSON string or number; NaN for anything else, for negative and endless ones. */
    private static double number(JsonNode node) {
        try {
            double value = Double.parseDouble(node.asText("NaN"));
            return value >= 0 && value < 1e9 ? value : Double.NaN;
        } catch (NumberFormatException e) {
            return Double.NaN;
        }
    }

    private static double ratio(String text) {
        String[] parts = text.split("/", -1);
        if (parts.length != 2 || !parts[0].matches("\\d{1,9}") || !parts[1].matches("\\d{1,9}")) {
            return Double.NaN;
        }
        double value = (double) Integer.parseInt(parts[0]) / Integer.parseInt(parts[1]);
        return value > 0 && value < 1e6 ? value : Double.NaN;
    }

    /** ffprobe gives the display matrix's angle counter-clockwise, from -180 to 180; odd angles keep the size. */
    private static int rotation(JsonNode video) {
        for (JsonNode data : video.path("side_data_list")) {
            if (data.has("rotation")) {
                double degrees = data.path("rotation").asDouble(0);
                long quarters = Math.round(degrees / 90);
                if (Math.abs(degrees - 90.0 * quarters) < 1) {
                    return (int) Math.floorMod(-quarters, 4L) * 90;
                }
            }
        }
        return 0;
    }
}
