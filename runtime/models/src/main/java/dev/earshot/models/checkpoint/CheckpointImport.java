package dev.earshot.models.checkpoint;

import dev.earshot.tensor.weights.SafetensorsWriter;
import dev.earshot.tensor.weights.WeightEntry;
import dev.earshot.tensor.weights.WeightsException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Converts a PyTorch checkpoint to safetensors without running anything in it. Wrappers ({@code model}, {@code state_dict},
 * {@code model_state_dict}, {@code teacher}) are unwrapped, {@code module.} and DINO's {@code backbone.} are stripped, views
 * are made contiguous, tied tensors are written once, types stay as they are.
 */
public final class CheckpointImport {
    /** Metadata key of the source's SHA-256, in hexadecimal. */
    public static final String SOURCE_SHA256 = "earshot.source_sha256";

    /** Metadata key of the source's file name. */
    public static final String SOURCE_NAME = "earshot.source_name";

    private static final int PIECE_BYTES = 1 << 20;

    private CheckpointImport() {}

    /**
     * What a conversion did.
     *
     * @param tensors number of tensors written
     * @param tied number of further names of tensors that were written under another name
     * @param bytes size of their data
     * @param sourceSha256 SHA-256 of the source file, in hexadecimal
     * @param warnings one line for each thing in the source that was dropped
     */
    public record Report(int tensors, int tied, long bytes, String sourceSha256, List<String> warnings) {}

    /** Hears how far a conversion is; called after each megabyte hashed and each tensor written, by the converting thread. */
    public interface Progress {
        /**
         * More of the file is done.
         *
         * @param step what is being done: "hashing" or "writing"
         * @param done bytes of this step so far
         * @param total bytes of this step in all
         */
        void advance(String step, long done, long total);
    }

    /** {@link #convert(Path, Path, Progress)} without progress. */
    public static Report convert(Path source, Path target) {
        return convert(source, target, (_, _, _) -> {});
    }

    /**
     * Converts {@code source} to {@code target}, which is replaced in one step if it exists. The heap holds the structure
     * and one piece of data, whatever the size of the file.
     *
     * @throws WeightsException if the source is not a checkpoint that can be read as data
     * @throws UncheckedIOException if a file cannot be read or written
     */
    public static Report convert(Path source, Path target, Progress progress) {
        try {
            if (Files.exists(target) && Files.isSameFile(source, target)) {
                throw new IllegalArgumentException(
                        "convert: expected another file as target, got the source " + source);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read checkpoint " + source + ": " + e, e);
        }
        try (Checkpoint checkpoint = Checkpoint.open(source)) {
            String sha256 = sha256(source, progress);
            SafetensorsWriter writer = new SafetensorsWriter();
            Map<String, String> facts =
                    Map.of("format", "pt", SOURCE_NAME, String.valueOf(source.getFileName()), SOURCE_SHA256, sha256);
            facts.forEach(writer::metadata);
            Map<String, WeightEntry> written = new LinkedHashMap<>(checkpoint.entries());
            int tied = 0;
            for (Map.Entry<String, String> alias : checkpoint.aliases().entrySet()) {
                if (facts.containsKey(alias.getKey())) {
                    // The metadata has a fact under this name already, so the tensor is written again.
                    written.put(alias.getKey(), checkpoint.entries().get(alias.getValue()));
                } else {
                    // The form of huggingface/safetensors save_model: a dropped name maps to the kept one.
                    writer.metadata(alias.getKey(), alias.getValue());
                    tied++;
                }
            }
            long bytes = written.values().stream().mapToLong(WeightEntry::bytes).sum();
            long[] done = {0};
            written.forEach((name, entry) -> writer.tensor(name, entry.type(), entry.shape(), out -> {
                checkpoint.writeTo(name, out);
                done[0] += entry.bytes();
                progress.advance("writing", done[0], bytes);
            }));
            writer.write(target);
            return new Report(written.size(), tied, bytes, sha256, checkpoint.warnings());
        }
    }

    /** SHA-256 of a file, in hexadecimal. */
    private static String sha256(Path file, Progress progress) {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            // On the heap: the JDK copies a direct buffer out in 4 KB pieces before it hashes.
            ByteBuffer piece = ByteBuffer.allocate(PIECE_BYTES);
            while (channel.read(piece) >= 0) {
                digest.update(piece.flip());
                progress.advance("hashing", channel.position(), channel.size());
                piece.clear();
            }
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("SHA-256: expected in every JDK, got none", e);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + file + ": " + e, e);
        }
    }
}
