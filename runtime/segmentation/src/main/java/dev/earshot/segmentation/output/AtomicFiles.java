package dev.earshot.segmentation.output;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/** Files that appear whole or not at all: written beside their place under another name, then moved there. */
public final class AtomicFiles {
    private static final int MAX_NAME = 120;

    private AtomicFiles() {}

    /** Writes the content of a file. */
    @FunctionalInterface
    public interface Content {
        /** Writes everything to {@code out}, which is buffered and closed by the caller. */
        void writeTo(OutputStream out) throws IOException;
    }

    /** Produces a file at a path, for example with another program. */
    @FunctionalInterface
    public interface Producer {
        /** Makes the file {@code temporary}, which lies in the target's folder and does not exist yet. */
        void produce(Path temporary) throws IOException;
    }

    /** Writes a file; missing folders are made, a file of that name is replaced. */
    public static void write(Path file, Content content) {
        produce(file, temporary -> {
            try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(temporary), 1 << 16)) {
                content.writeTo(out);
            }
        });
    }

    /** As {@link #write}, for a producer that needs the file's path; the temporary name keeps the extension. */
    public static void produce(Path file, Producer producer) {
        Path target = file.toAbsolutePath();
        Path temporary = null;
        try {
            Files.createDirectories(target.getParent());
            temporary = temporaryBeside(target);
            producer.produce(temporary);
            move(temporary, target);
        } catch (IOException e) {
            throw new UncheckedIOException(file + ": cannot be written", e);
        } finally {
            deleteQuietly(temporary);
        }
    }

    /** A hidden name in the same folder that nobody uses, with the same extension; nothing is created. */
    public static Path temporaryBeside(Path target) {
        String name = String.valueOf(target.getFileName());
        String unique = Long.toUnsignedString(
                java.util.concurrent.ThreadLocalRandom.current().nextLong(), 36);
        int dot = name.lastIndexOf('.');
        String extension = dot < 0 ? "" : name.substring(dot);
        return target.resolveSibling("." + unique + ".part" + extension);
    }

    /** Moves a complete file to its name, replacing what is there, in one step where the file system can. */
    public static void move(Path from, Path to) throws IOException {
        try {
            Files.move(from, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (AtomicMoveNotSupportedException e) {
            Files.move(from, to, StandardCopyOption.REPLACE_EXISTING); // some network file systems
        }
    }

    /** Deletes a temporary file if it is still there; a failure is only logged. */
    public static void deleteQuietly(Path file) {
        if (file == null) {
            return;
        }
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            // The failure that led here is already on its way; a leftover temporary file harms nobody.
            System.getLogger(AtomicFiles.class.getName()).log(System.Logger.Level.DEBUG, "left behind: " + file, e);
        }
    }

    /**
     * Makes a file name out of any text, such as an input's name: letters, digits, {@code .}, {@code _} and {@code -}
     * stay, everything else becomes {@code _}; never empty, never hidden, at most 120 characters.
     */
    public static String safeName(String text) {
        StringBuilder name = new StringBuilder();
        text.codePoints().limit(MAX_NAME).forEach(c -> {
            boolean plain = c < 128 && (Character.isLetterOrDigit(c) || c == '.' || c == '_' || c == '-');
            name.append(plain ? (char) c : '_');
        });
        while (!name.isEmpty() && name.charAt(0) == '.') {
            name.setCharAt(0, '_');
        }
        return name.isEmpty() ? "_" : name.toString();
    }
}
