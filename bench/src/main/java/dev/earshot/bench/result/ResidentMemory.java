package dev.earshot.bench.result;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Memory of a process that lies in RAM, as Linux counts it; megabytes are 10^6 bytes. */
public final class ResidentMemory {
    private static final double KIB_PER_MB = 1e6 / 1024;

    private ResidentMemory() {}

    /**
     * The most it ever was, or since {@link #resetPeak}.
     *
     * @throws UncheckedIOException if the process is gone
     */
    public static double peakMegabytes(long pid) {
        return read(pid, "VmHWM:");
    }

    /** The most that this process ever had, weights and Java heap included, or since {@link #resetPeak}; whole megabytes. */
    public static long ownPeakMegabytes() {
        return Math.round(peakMegabytes(ProcessHandle.current().pid()));
    }

    /**
     * What it is now.
     *
     * @throws UncheckedIOException if the process is gone
     */
    public static double megabytes(long pid) {
        return read(pid, "VmRSS:");
    }

    /**
     * Sets this process's peak back to what it is now.
     *
     * @throws UncheckedIOException if the system does not let it
     */
    public static void resetPeak() {
        try {
            Files.writeString(Path.of("/proc/self/clear_refs"), "5");
        } catch (IOException e) {
            throw new UncheckedIOException("/proc/self/clear_refs: the peak of memory cannot be reset", e);
        }
    }

    private static double read(long pid, String key) {
        try {
            return parse(Files.readAllLines(Path.of("/proc/" + pid + "/status")), key);
        } catch (IOException e) {
            throw new UncheckedIOException("process " + pid + ": its memory cannot be read", e);
        }
    }

    /** The value of a line {@code KEY: N kB}; 0 where there is none, as in a process that has just ended. */
    public static double parse(List<String> status, String key) {
        return status.stream()
                .filter(line -> line.startsWith(key))
                .mapToDouble(line -> Long.parseLong(line.replaceAll("\\D", "")) / KIB_PER_MB)
                .findFirst()
                .orElse(0);
    }
}
