package dev.earshot.bench.result;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Where and when something was measured.
 *
 * @param name a word for the folder of results: maker, model and number of cores
 * @param date UTC
 * @param commit of the sources; {@code -modified} where they were changed; {@code unknown} where there are none
 * @param cpu the processor's own name with family and model
 * @param cores logical processors
 * @param instructions instruction sets that matter here
 * @param kernel of the operating system
 * @param java version and maker
 * @param load average over one minute when this was made
 */
public record Machine(
        String name,
        String date,
        String commit,
        String cpu,
        int cores,
        List<String> instructions,
        String kernel,
        String java,
        double load) {
    /** Beside the results themselves, which every run changes. */
    private static final String[] CHANGES = {"status", "--porcelain", "--", ":/", ":(top,exclude)bench/results"};

    private static final List<String> SETS =
            List.of("avx2", "fma", "avx_vnni", "avx512f", "avx512_vnni", "avx512_bf16", "amx_int8", "amx_bf16");

    /** This machine, now. */
    public static Machine here() {
        Map<String, String> cpu = processor();
        int cores = Runtime.getRuntime().availableProcessors();
        String model = cpu.getOrDefault("model name", System.getProperty("os.arch"));
        String family = cpu.getOrDefault("cpu family", "?") + "-" + cpu.getOrDefault("model", "?");
        List<String> flags = Arrays.asList(cpu.getOrDefault("flags", "").split(" "));
        return new Machine(
                word(model + " " + family) + "-" + cores + "-cores",
                Instant.now().truncatedTo(ChronoUnit.SECONDS).toString(),
                checkout(),
                "%s (family-model %s)".formatted(model, family),
                cores,
                SETS.stream().filter(flags::contains).toList(),
                System.getProperty("os.version"),
                System.getProperty("java.version") + " " + System.getProperty("java.vendor"),
                loadAverage());
    }

    /** One-minute load average, -1 where the system does not say. */
    public static double loadAverage() {
        return ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage();
    }

    private static String word(String text) {
        return text.toLowerCase(Locale.ROOT)
                .replaceAll("\\((r|tm)\\)", "")
                .replaceAll("[^a-z0-9]+", "-")
                .replaceAll("^-|-$", "");
    }

    private static Map<String, String> processor() {
        Map<String, String> values = new LinkedHashMap<>();
        Path file = Path.of("/proc/cpuinfo");
        if (Files.isReadable(file)) {
            try {
                for (String line : Files.readAllLines(file)) {
                    String[] parts = line.split(":", 2);
                    if (parts.length == 2) {
                        values.putIfAbsent(parts[0].strip(), parts[1].strip());
                    }
                }
            } catch (IOException e) {
                throw new UncheckedIOException(file + ": cannot be read", e);
            }
        }
        return values;
    }

    private static String checkout() {
        String given = System.getenv("EARSHOT_COMMIT");
        if (given != null) {
            return given;
        }
        String name = git("rev-parse", "--short", "HEAD");
        return name.isEmpty() ? "unknown" : name + (git(CHANGES).isEmpty() ? "" : "-modified");
    }

    /** What git prints, empty where it fails or is missing. */
    private static String git(String... words) {
        String[] command = new String[words.length + 1];
        command[0] = "git";
        System.arraycopy(words, 0, command, 1, words.length);
        try {
            Process process = new ProcessBuilder(command)
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            String text = new String(process.getInputStream().readAllBytes()).strip();
            return process.waitFor() == 0 ? text : "";
        } catch (IOException e) {
            return "";
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return "";
        }
    }
}
