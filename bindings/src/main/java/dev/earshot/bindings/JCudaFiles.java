package dev.earshot.bindings;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Hands JCuda its native file out of our cache.
 *
 * <p>JCuda 12.6 unpacks that file into {@code java.io.tmpdir} under a fixed name and uses one that is already there:
 * processes that start together meet half-written files, and on a shared machine anybody may have put one there. It
 * offers no other setting that works after the start of the JVM, so the property points to our folder, in which the
 * file is complete, for as long as its static initialiser runs.
 */
final class JCudaFiles {
    private static final String VERSION = "12.6.0";
    private static final String TEMPORARY = "java.io.tmpdir";

    private JCudaFiles() {}

    /** See {@link NativeLibraries#loadJCuda}. */
    static void load(UnpackCache cache, Runnable initialise) {
        String file = "libJCudaDriver-%s-%s.so".formatted(VERSION, NativeLibraries.platform());
        Path folder = cache.unpack("lib", List.of(file), "jcuda-" + VERSION).folder();
        synchronized (JCudaFiles.class) {
            rememberTemporaryFolder();
            String before = System.getProperty(TEMPORARY);
            System.setProperty(TEMPORARY, folder.toString());
            try {
                initialise.run();
            } finally {
                System.setProperty(TEMPORARY, before);
            }
        }
    }

    /** The JDK reads the property once, when the first temporary file is made; that must not be while it is ours. */
    private static void rememberTemporaryFolder() {
        try {
            Files.delete(Files.createTempFile("earshot-", ".jcuda"));
            Files.delete(File.createTempFile("earshot-", ".jcuda").toPath());
        } catch (IOException e) {
            throw new UncheckedIOException(
                    "loadJCuda: cannot make a temporary file in %s — set -Djava.io.tmpdir to a folder that can be written"
                            .formatted(System.getProperty(TEMPORARY)),
                    e);
        }
    }
}
