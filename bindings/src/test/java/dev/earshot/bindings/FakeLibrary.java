package dev.earshot.bindings;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Assumptions;

/** Small shared libraries that a C compiler makes for a test, with the names of CUDA's. */
final class FakeLibrary {
    private FakeLibrary() {}

    /** A driver that says it is for the given CUDA, coded as cuDriverGetVersion does. */
    static Path driver(Path folder, int version) throws IOException, InterruptedException {
        return compile(
                folder,
                "libcuda.so.1",
                "int cuDriverGetVersion(int *v) { *v = %d; return 0; } int cuInit(unsigned f) { return 100; }"
                        .formatted(version));
    }

    static Path cublasLt(Path folder, int major) throws IOException, InterruptedException {
        return compile(
                folder,
                "libcublasLt.so." + major,
                "unsigned long cublasLtGetVersion(void) { return %d; }".formatted(major * 10_000 + 203));
    }

    /** A cuDNN 9 built for the given major version of CUDA. */
    static Path cudnn(Path folder, int cuda) throws IOException, InterruptedException {
        return compile(
                folder,
                "libcudnn.so.9",
                "unsigned long cudnnGetVersion(void) { return 90501; } unsigned long cudnnGetCudartVersion(void) { return %d; }"
                        .formatted(cuda * 1000));
    }

    /** A library with a soname of its own name; the test is skipped where there is no C compiler. */
    static Path compile(Path folder, String name, String source, String... options)
            throws IOException, InterruptedException {
        Path file = Files.createDirectories(folder).resolve(name);
        List<String> command = new ArrayList<>(
                List.of("cc", "-shared", "-fPIC", "-Wl,-soname," + name, "-x", "c", "-", "-o", file.toString()));
        command.addAll(Arrays.asList(options));
        Process compiler;
        try {
            compiler = new ProcessBuilder(command).redirectErrorStream(true).start();
        } catch (IOException e) {
            return Assumptions.abort("no C compiler for made-up libraries: " + e.getMessage());
        }
        try (var input = compiler.getOutputStream()) {
            input.write(source.getBytes(StandardCharsets.UTF_8));
        }
        String output = new String(compiler.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (compiler.waitFor() != 0) {
            throw new IOException("cc: " + output);
        }
        return file;
    }
}
