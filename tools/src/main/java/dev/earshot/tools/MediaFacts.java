package dev.earshot.tools;

import dev.earshot.segmentation.audio.WavFiles;
import dev.earshot.segmentation.audio.Waveform;
import dev.earshot.segmentation.image.ImageFiles;
import dev.earshot.segmentation.image.RgbImage;
import dev.earshot.segmentation.video.VideoProbe;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What {@code earshot inspect} prints about an image, a sound or a video, as Earshot itself reads it.
 *
 * @param file path as given
 * @param format image, sound or video
 * @param facts sizes, rates and codecs; what is unknown is left out
 */
record MediaFacts(String file, String format, Map<String, Object> facts) {
    /**
     * Opens the file with the reader that its first bytes ask for.
     *
     * @param head the first bytes of the file
     */
    static MediaFacts of(Path file, byte[] head) {
        String text = new String(head, StandardCharsets.ISO_8859_1);
        if (text.startsWith("\u0089PNG") || text.startsWith("\u00ff\u00d8\u00ff")) {
            return image(file);
        }
        return text.startsWith("RIFF") && text.startsWith("WAVE", 8) ? sound(file) : video(file);
    }

    private static MediaFacts image(Path file) {
        RgbImage image = ImageFiles.read(file);
        Map<String, Object> facts = new LinkedHashMap<>();
        facts.put("width", image.width());
        facts.put("height", image.height());
        return new MediaFacts(file.toString(), "image", facts);
    }

    private static MediaFacts sound(Path file) {
        Waveform wave = WavFiles.read(file);
        Map<String, Object> facts = new LinkedHashMap<>();
        facts.put("seconds", wave.seconds());
        facts.put("audioRateHz", wave.sampleRateHz());
        facts.put("audioChannels", wave.channels());
        facts.put("samplesPerChannel", wave.length());
        return new MediaFacts(file.toString(), "sound", facts);
    }

    private static MediaFacts video(Path file) {
        VideoProbe probe = VideoProbe.of(file);
        Map<String, Object> facts = new LinkedHashMap<>();
        putKnown(facts, "seconds", probe.seconds());
        if (probe.hasVideo()) {
            facts.put("width", probe.width());
            facts.put("height", probe.height());
            facts.put("rotationDegrees", probe.rotationDegrees());
            putKnown(facts, "framesPerSecond", probe.framesPerSecond());
            facts.put("videoCodec", probe.videoCodec());
        }
        if (probe.hasAudio()) {
            facts.put("audioCodec", probe.audioCodec());
            facts.put("audioRateHz", probe.audioRateHz());
            facts.put("audioChannels", probe.audioChannels());
        }
        return new MediaFacts(file.toString(), probe.hasVideo() ? "video" : "sound", facts);
    }

    private static void putKnown(Map<String, Object> facts, String name, double value) {
        if (!Double.isNaN(value)) {
            facts.put(name, value);
        }
    }

    void print(PrintWriter out) {
        out.println(file);
        out.println("  format    " + format);
        facts.forEach((name, value) -> out.println("  " + name + "  " + value));
    }
}
