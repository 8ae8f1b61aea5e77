package dev.earshot.kernels;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The committed PTX is made of the committed sources; checked without a compiler, by hashes and names. That every entry has a
 * version for the simulated device is compared by the build of {@code native/}, where the names are no longer behind macros.
 */
class KernelSourcesTest {
    private static final Path SOURCES = Path.of("src/main/cuda");
    private static final Path IMAGES = Path.of("src/main/resources/dev/earshot/kernels");
    private static final Pattern INCLUDE = Pattern.compile("(?m)^\\s*#\\s*include\\s*\"([^\"]*)\"");
    private static final Pattern ENTRY = Pattern.compile("\\.entry\\s+(\\w+)");

    static Stream<String> kernels() throws IOException {
        return stems(SOURCES, ".cu").stream();
    }

    @ParameterizedTest
    @MethodSource("kernels")
    void everyKernelFileHasPtxOfItsSources(String name) throws IOException, NoSuchAlgorithmException {
        for (String target : targets(name)) {
            assertTrue(
                    Files.exists(IMAGES.resolve(target).resolve(name + ".ptx")),
                    "%s.cu: no %s/%s.ptx — run kernels/build".formatted(name, target, name));
            assertEquals(
                    sourceHash(name),
                    value(name, target, "source-sha256"),
                    "%s.cu or a header of it changed since its PTX was made — run kernels/build".formatted(name));
            assertEquals(String.join(" ", closure(name + ".cu")), value(name, target, "sources"));
        }
    }

    @ParameterizedTest
    @MethodSource("kernels")
    void everyEntryIsDescribed(String name) throws IOException {
        for (String target : targets(name)) {
            Set<String> entries =
                    matches(ENTRY, Files.readString(IMAGES.resolve(target).resolve(name + ".ptx")));
            assertFalse(entries.isEmpty(), name + ": no entry in its PTX");
            Set<String> described = matches(Pattern.compile("(?m)^entry: (\\w+) "), info(name, target));
            assertEquals(entries, described, name + ": entries of the PTX and of its .info");
        }
    }

    @ParameterizedTest
    @MethodSource("kernels")
    void everyPtxLoadsOnCuda12Drivers(String name) throws IOException {
        String portable = Files.readString(IMAGES.resolve(KernelImages.PORTABLE).resolve(name + ".ptx"));
        assertTrue(portable.contains("\n.version 7.0\n"), name + ": expected .version 7.0");
        assertTrue(portable.contains("\n.target sm_80\n"), name + ": expected .target sm_80");
    }

    @ParameterizedTest
    @MethodSource("images")
    void everyPtxHasItsSource(Path ptx) {
        String name = ptx.getFileName().toString().replace(".ptx", "");
        assertTrue(Files.exists(SOURCES.resolve(name + ".cu")), ptx + ": its .cu is gone, delete it too");
    }

    static List<Path> images() throws IOException {
        try (Stream<Path> files = Files.walk(IMAGES)) {
            return files.filter(file -> file.toString().endsWith(".ptx")).toList();
        }
    }

    private static List<String> stems(Path folder, String suffix) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString())
                    .filter(file -> file.endsWith(suffix))
                    .map(file -> file.substring(0, file.length() - suffix.length()))
                    .sorted()
                    .toList();
        }
    }

    private static List<String> targets(String name) throws IOException {
        boolean hopper = Files.readString(SOURCES.resolve(name + ".cu")).contains("\n// variant: sm_90a");
        return hopper ? List.of(KernelImages.PORTABLE, KernelImages.HOPPER) : List.of(KernelImages.PORTABLE);
    }

    private static String info(String name, String target) throws IOException {
        return Files.readString(IMAGES.resolve(target).resolve(name + ".info"));
    }

    private static String value(String name, String target, String key) throws IOException {
        Matcher line = Pattern.compile("(?m)^" + key + ": (.*)$").matcher(info(name, target));
        return line.find() ? line.group(1) : "nothing";
    }

    private static Set<String> matches(Pattern pattern, String text) {
        return pattern.matcher(text)
                .results()
                .map(match -> match.group(1))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    /** The file and all of our headers that it includes, directly or not. */
    private static Set<String> closure(String file) throws IOException {
        Set<String> seen = new TreeSet<>();
        List<String> pending = List.of(file);
        while (!pending.isEmpty()) {
            Set<String> next = new TreeSet<>();
            for (String each : pending) {
                if (seen.add(each)) {
                    next.addAll(matches(INCLUDE, Files.readString(SOURCES.resolve(each))));
                }
            }
            pending = List.copyOf(next);
        }
        return seen;
    }

    /** The same as {@code source_hash} of kernels/build: SHA-256 over the output of sha256sum for the sorted files. */
    private static String sourceHash(String name) throws IOException, NoSuchAlgorithmException {
        StringBuilder sums = new StringBuilder();
        for (String file : closure(name + ".cu")) {
            sums.append(sha256(Files.readAllBytes(SOURCES.resolve(file))))
                    .append("  ")
                    .append(file)
                    .append('\n');
        }
        return sha256(sums.toString().getBytes(StandardCharsets.UTF_8));
    }

    private static String sha256(byte[] bytes) throws NoSuchAlgorithmException {
        return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    }
}
