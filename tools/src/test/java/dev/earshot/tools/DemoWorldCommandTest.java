package dev.earshot.tools;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class DemoWorldCommandTest {
    @TempDir
    Path out;

    private final StringWriter errors = new StringWriter();

    private int run(String... arguments) {
        CommandLine command = Main.commandLine().setErr(new PrintWriter(errors));
        String[] all = new String[arguments.length + 3];
        all[0] = "demo-world";
        all[1] = "--out";
        all[2] = out.toString();
        System.arraycopy(arguments, 0, all, 3, arguments.length);
        return command.execute(all);
    }

    @Test
    void onlyTheAskedLayoutIsMade() {
        assertEquals(0, run("--split", "val", "--clips", "1", "--layout", "ms3", "--no-video", "--size", "64"));
        assertTrue(Files.exists(out.resolve("Multi-sources/ms3_meta_data.csv")));
        assertFalse(Files.exists(out.resolve("Multi-sources/ms3_data/raw_videos")));
        assertFalse(Files.exists(out.resolve("Single-source")));
    }

    @Test
    void wrongArgumentsAreUsageErrorsAndSayWhy() {
        assertEquals(ExitCodes.USAGE, run("--split", "val", "--clips", "0"));
        assertEquals(ExitCodes.USAGE, run("--split", "val", "--clips", "1", "--seed", "-1"));
        assertEquals(ExitCodes.USAGE, run("--split", "val", "--clips", "1", "--size", "10"));
        assertEquals(ExitCodes.USAGE, run("--split", "holdout", "--clips", "1"));
        assertTrue(errors.toString().contains("--clips: expected 1 to"), errors::toString);
        assertTrue(errors.toString().contains("--seed: expected 0 to"), errors::toString);
        assertTrue(errors.toString().contains("frame size: expected at least 64 pixels, got 10"), errors::toString);
    }
}
