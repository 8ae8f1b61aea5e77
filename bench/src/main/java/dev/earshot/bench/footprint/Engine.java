package dev.earshot.bench.footprint;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * An engine with its jars at hand and its small program compiled.
 *
 * @param name as in figures: {@code earshot}, {@code djl}, {@code onnxruntime}, {@code tensorflow}
 * @param jars all that an embedder gets
 * @param direct how many of them an embedder declares
 * @param program the compiled program, a jar since the JVM's caches of classes take nothing else
 */
record Engine(String name, List<Path> jars, int direct, Path program) {
    private static final Pattern DEPENDENCY = Pattern.compile("<dependency>");

    String classPath() {
        return Stream.concat(Stream.of(program), jars.stream())
                .map(Path::toString)
                .collect(Collectors.joining(File.pathSeparator));
    }

    /**
     * Ours, out of the class path of this process.
     *
     * @param prefixes beginnings of the jars' names, those that an embedder declares first
     */
    static Engine ours(String name, Path root, Path cache, int direct, String... prefixes) throws IOException {
        List<Path> jars = new ArrayList<>();
        for (String prefix : prefixes) {
            jars.add(Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
                    .map(entry -> Path.of(entry).toAbsolutePath())
                    .filter(jar -> jar.getFileName().toString().startsWith(prefix))
                    .findFirst()
                    .orElseThrow(() -> new IOException("class path: expected a jar " + prefix
                            + "*, found none — run with -cp 'bench/target/app/*'")));
        }
        Path program = compile(root.resolve("bench/footprint"), "earshot", jars, cache.resolve("earshot"));
        return new Engine(name, jars, direct, program);
    }

    /** A peer, whose jars Maven copies into the cache unless they are there for the same pom. */
    static Engine peer(String name, Path root, Path cache) throws IOException {
        Path sources = root.resolve("bench/footprint");
        Path pom = sources.resolve(name).resolve("pom.xml");
        Path folder = cache.resolve(name);
        Path stamp = folder.resolve("pom.xml");
        String declared = Files.readString(pom);
        if (!Files.exists(stamp) || !Files.readString(stamp).equals(declared)) {
            Path jars = Files.createDirectories(folder.resolve("jars"));
            for (Path old : list(jars)) {
                Files.delete(old);
            }
            call(
                    root,
                    root.resolve("mvnw").toString(),
                    "-B",
                    "-q",
                    "-f",
                    pom.toString(),
                    "org.apache.maven.plugins:maven-dependency-plugin:copy-dependencies",
                    "-DincludeScope=runtime",
                    "-DoutputDirectory=" + jars);
            Files.writeString(stamp, declared);
        }
        List<Path> jars = list(folder.resolve("jars"));
        return new Engine(name, jars, declaredIn(declared), compile(sources, name, jars, folder));
    }

    static int declaredIn(String pom) {
        return Math.toIntExact(DEPENDENCY.matcher(pom).results().count());
    }

    private static List<Path> list(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.sorted().toList();
        }
    }

    private static Path compile(Path sources, String name, List<Path> jars, Path folder) throws IOException {
        Path classes = folder.resolve("classes");
        Path program = folder.resolve("program.jar");
        Path tools = Path.of(System.getProperty("java.home"), "bin");
        call(
                sources,
                tools.resolve("javac").toString(),
                "-proc:none",
                "-d",
                classes.toString(),
                "-cp",
                jars.stream().map(Path::toString).collect(Collectors.joining(File.pathSeparator)),
                sources.resolve("common/Network.java").toString(),
                sources.resolve(name).resolve("FirstInference.java").toString());
        call(
                sources,
                tools.resolve("jar").toString(),
                "--create",
                "--file",
                program.toString(),
                "-C",
                classes.toString(),
                ".");
        return program;
    }

    private static void call(Path folder, String... command) throws IOException {
        Process process = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .start();
        String said = new String(process.getInputStream().readAllBytes());
        try {
            if (process.waitFor() != 0) {
                String first = said.lines()
                        .filter(line -> line.contains("ERROR") || line.contains("error"))
                        .findFirst()
                        .orElse("exit status " + process.exitValue());
                throw new IOException(Path.of(command[0]).getFileName() + ": " + first);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(command[0] + ": interrupted", e);
        }
    }
}
