package dev.earshot.bench.footprint;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Enumeration;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/**
 * What some jars weigh.
 *
 * @param jars how many
 * @param bytes of the files
 * @param nativeBytes of the Linux libraries for x86-64 inside them, unpacked
 */
record JarFolder(int jars, long bytes, long nativeBytes) {
    private static final int HEADER = 20;
    private static final byte[] ELF = {0x7f, 'E', 'L', 'F'};
    private static final int CLASS_64 = 2;
    private static final int MACHINE_AT = 18;
    private static final int X86_64 = 62;

    static JarFolder of(List<Path> jars) {
        long bytes = 0;
        long natives = 0;
        for (Path jar : jars) {
            try (ZipFile zip = new ZipFile(jar.toFile())) {
                bytes += Files.size(jar);
                Enumeration<? extends ZipEntry> entries = zip.entries();
                while (entries.hasMoreElements()) {
                    ZipEntry entry = entries.nextElement();
                    try (InputStream content = zip.getInputStream(entry)) {
                        natives += isLibrary(content.readNBytes(HEADER)) ? entry.getSize() : 0;
                    }
                }
            } catch (IOException e) {
                throw new UncheckedIOException(jar + ": cannot be read as a jar", e);
            }
        }
        return new JarFolder(jars.size(), bytes, natives);
    }

    /** By the file's own head, since every project names its folders differently. */
    static boolean isLibrary(byte[] head) {
        if (head.length < HEADER || head[4] != CLASS_64) {
            return false;
        }
        for (int i = 0; i < ELF.length; i++) {
            if (head[i] != ELF[i]) {
                return false;
            }
        }
        return head[MACHINE_AT] == X86_64 && head[MACHINE_AT + 1] == 0;
    }
}
