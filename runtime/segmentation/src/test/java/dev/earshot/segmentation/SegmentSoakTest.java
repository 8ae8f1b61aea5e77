package dev.earshot.segmentation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.earshot.segmentation.video.TestVideos;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** A thousand segment calls in one process; minutes. */
@Tag("slow")
@EnabledOnOs(OS.LINUX)
class SegmentSoakTest {
    @TempDir
    private Path folder;

    @Test
    void aThousandCallsDoNotGrowResidentMemoryByMoreThanAHundredth() throws IOException, InterruptedException {
        Path video = TestVideos.mp4(folder.resolve("video.mp4"), 2, 64, 48);
        Path picture = folder.resolve("picture.png");
        TestVideos.ffmpeg("-f", "lavfi", "-i", "testsrc2=s=320x240", "-frames:v", "1", "file:" + picture);
        Path sound = folder.resolve("sound.wav");
        TestVideos.ffmpeg("-f", "lavfi", "-i", TestVideos.RISING + "3", "file:" + sound);
        List<String> command = List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xms256m",
                "-Xmx256m",
                "-XX:+AlwaysPreTouch",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1", // the optimising compiler's own memory comes and goes for many minutes
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                SegmentSoak.class.getName(),
                picture.toString(),
                sound.toString(),
                video.toString());
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().put("MALLOC_ARENA_MAX", "2"); // else each new thread may open a pool of its own
        Process process = builder.start();
        List<String> lines = process.inputReader().lines().toList();
        assertEquals(0, process.waitFor(), () -> String.join("\n", lines));

        TreeMap<Integer, Long> resident = new TreeMap<>();
        lines.stream()
                .filter(line -> line.matches("\\d+ \\d+"))
                .map(line -> line.split(" "))
                .forEach(parts -> resident.put(Integer.parseInt(parts[0]), Long.parseLong(parts[1])));
        double growth = (double) resident.lastEntry().getValue() / resident.get(200) - 1;
        System.out.println("resident kB by call: " + resident);
        assertTrue(growth < 0.01, "grew by %.2f %% after warm-up: %s".formatted(100 * growth, resident));
    }
}
