package dev.earshot.segmentation.video;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.earshot.segmentation.MediaException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

@Timeout(120)
@EnabledOnOs(OS.LINUX)
class FfmpegProcessTest {
    private static FfmpegProcess shell(String script, Duration stall) {
        return FfmpegProcess.start(
                FfmpegTools.get(), Path.of("/bin/sh"), List.of("-c", script), "film.mp4", false, stall);
    }

    @Test
    void workBehindTheEndOfTheInputMayTakeLongerThanAStall() {
        String busy = "i=0; while [ $i -lt 2000000 ]; do i=$((i+1)); done; exit 7";
        try (FfmpegProcess process = shell(busy, Duration.ofMillis(500))) {
            assertEquals(7, process.finishWork());
        }
    }

    @Test
    void aProgramThatDoesNothingIsEndedAfterAStall() {
        try (FfmpegProcess process = shell("exec sleep 1000", Duration.ofMillis(500))) {
            MediaException stalled = assertThrows(MediaException.class, process::finishWork);
            assertTrue(stalled.getMessage().contains("film.mp4"), stalled.getMessage());
        }
        try (FfmpegProcess process = shell("exec sleep 1000", Duration.ofMillis(500))) {
            assertThrows(MediaException.class, process::finish);
        }
    }
}
