package dev.earshot.segmentation;

import dev.earshot.segmentation.moca.TinyModel;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.Backends;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Segments a thousand clips, nine of ten a picture with its sound (the first two arguments) and every tenth a video (the
 * third), and prints the resident memory in kB after every hundred. Meant for a JVM whose heap is of fixed size and touched
 * from the start.
 */
final class SegmentSoak {
    static final int CALLS = 1000;

    private SegmentSoak() {}

    public static void main(String[] args) throws IOException {
        try (Backend backend = Backends.open("cpu");
                Segmenter moca = Segmenters.moca(backend, TinyModel.weights(), TinyModel.settings(4))) {
            for (int call = 1; call <= CALLS; call++) {
                Clip clip =
                        call % 10 == 0 ? Clip.open(Path.of(args[2])) : Clip.ofImage(Path.of(args[0]), Path.of(args[1]));
                try (Masks masks = moca.segment(clip)) {
                    if (masks.toList().isEmpty()) {
                        throw new IllegalStateException("call " + call + ": no masks");
                    }
                }
                if (call % 100 == 0) {
                    System.out.println(call + " " + residentKilobytes());
                }
            }
        }
    }

    private static long residentKilobytes() throws IOException {
        return Files.readAllLines(Path.of("/proc/self/status")).stream()
                .filter(line -> line.startsWith("VmRSS:"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                .findFirst()
                .orElseThrow();
    }
}
