package dev.earshot.segmentation.training;

import dev.earshot.segmentation.output.AtomicFiles;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.HexFormat;

/** Files that survive a crash or a power cut whole: forced to the disk before they get their name. */
final class DurableFiles {
    private static final int BLOCK = 1 << 20;

    private DurableFiles() {}

    /** Writes the content of a file. */
    @FunctionalInterface
    interface Content {
        void writeTo(WritableByteChannel out) throws IOException;
    }

    /**
     * Writes a file under a temporary name, forces it to the disk and renames it; then forces the folder, so that the name
     * is as durable as the content.
     *
     * @return the SHA-256 of what was written, in hexadecimal
     */
    static String write(Path file, Content content) {
        Path target = file.toAbsolutePath();
        Path temporary = AtomicFiles.temporaryBeside(target);
        MessageDigest digest = Sha256.digest();
        try {
            try (FileChannel channel =
                    FileChannel.open(temporary, StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW)) {
                content.writeTo(new Digesting(channel, digest));
                channel.force(true);
            }
            AtomicFiles.move(temporary, target);
            forceFolder(target.getParent());
        } catch (IOException e) {
            throw new UncheckedIOException(file + ": cannot be written", e);
        } finally {
            AtomicFiles.deleteQuietly(temporary);
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    /** Makes renames and deletions in a folder durable, where the system can open folders. */
    static void forceFolder(Path folder) {
        try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
            channel.force(true);
        } catch (IOException e) {
            // Windows does not open folders; the files themselves are on the disk.
            System.getLogger(DurableFiles.class.getName())
                    .log(System.Logger.Level.DEBUG, folder + ": cannot be forced", e);
        }
    }

    /** SHA-256 of a file, in hexadecimal. */
    static String sha256(Path file) throws IOException {
        MessageDigest digest = Sha256.digest();
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            ByteBuffer block = ByteBuffer.allocate(BLOCK);
            while (channel.read(block.clear()) >= 0) {
                digest.update(block.flip());
            }
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    private record Digesting(FileChannel out, MessageDigest digest) implements WritableByteChannel {
        @Override
        public int write(ByteBuffer source) throws IOException {
            digest.update(source.duplicate());
            int length = source.remaining();
            while (source.hasRemaining()) {
                out.write(source);
            }
            return length;
        }

        @Override
        public boolean isOpen() {
            return out.isOpen();
        }

        @Override
        public void close() {}
    }
}
