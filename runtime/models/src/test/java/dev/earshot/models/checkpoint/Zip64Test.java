package dev.earshot.models.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.earshot.tensor.weights.WeightsException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.file.Path;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The 64-bit fields of archives: where they must stand, and files that need them. */
final class Zip64Test {
    private static final byte[] FLOATS =
            ZipBuilder.buffer(8).putFloat(1).putFloat(2).array();

    @Test
    void zip64FieldsMustAgree() {
        refused(ZipBuilder.checkpoint().with(zip -> zip.zip64CountChange = 1), "the figures of the plain end record");
        byte[] block = ZipBuilder.zip64Block(8);
        refused(ZipBuilder.checkpoint().change(2, entry -> entry.extra = block), "zip64 values for full fields only");
        refused(ZipBuilder.checkpoint().change(2, entry -> entry.size = 0xffff_ffffL), "a zip64 block with its sizes");
        refused(
                ZipBuilder.checkpoint().change(2, entry -> entry.extra = new byte[] {1, 0, 9}),
                "an extra field of whole blocks");
        refused(
                ZipBuilder.checkpoint().change(2, entry -> entry.extra = new byte[] {1, 0, 9, 0}),
                "an extra block inside");
        refused(
                ZipBuilder.checkpoint().change(2, entry -> entry.extra = new byte[] {1, 0, 0, 0}),
                "one zip64 block with values");
        byte[] negative = ZipBuilder.zip64Block(-1, -1);
        refused(
                ZipBuilder.checkpoint().change(2, entry -> {
                    entry.extra = negative;
                    entry.size = 0xffff_ffffL;
                    entry.packed = 0xffff_ffffL;
                }),
                "none or negative ones");
    }

    @Test
    void zip64SizesOfSmallEntriesAreRead() {
        byte[] block = ZipBuilder.zip64Block(8, 8);
        byte[] file = ZipBuilder.plain(2)
                .change(2, entry -> {
                    entry.extra = block;
                    entry.localExtra = block;
                    entry.size = 0xffff_ffffL;
                    entry.packed = 0xffff_ffffL;
                    entry.localSize = 0xffff_ffffL;
                    entry.localPacked = 0xffff_ffffL;
                })
                .toBytes();
        try (Checkpoint checkpoint = Checkpoint.parse("zip64.pth", file)) {
            assertEquals(Set.of("w"), checkpoint.entries().keySet());
        }
    }

    @Test
    void checkpointBeyondFourGigabytesIsReadAsPyTorchWritesIt(@TempDir Path folder) throws IOException {
        // A storage of 5 GiB (a hole), so that the sizes of one entry and the offsets of all later ones need 64 bits.
        long bytes = 5L << 30;
        long count = bytes / 4;
        PickleBuilder pickle =
                PickleBuilder.pickle().op('}').text("w").tensor(count, count - 2, new long[] {2}, new long[] {1});
        byte[] sizes = ZipBuilder.zip64Block(bytes, bytes);
        byte[] descriptor = ZipBuilder.buffer(24)
                .putInt(0x08074b50)
                .putInt(0)
                .putLong(bytes)
                .putLong(bytes)
                .array();
        long offset = 30 + "top/data/0".length() + sizes.length + bytes + descriptor.length;
        byte[] place = ZipBuilder.zip64Block(offset);
        ZipBuilder zip = new ZipBuilder().add("top/data/0", new byte[0], entry -> {
            entry.hole = bytes - 8;
            entry.size = 0xffff_ffffL;
            entry.packed = 0xffff_ffffL;
            entry.crc = 0;
            entry.extra = sizes;
            entry.localExtra = sizes;
            entry.gap = descriptor;
            entry.descriptor = FLOATS;
        });
        zip.add("top/data.pkl", pickle.ops("s.").toBytes(), entry -> {
            entry.offset = 0xffff_ffffL;
            entry.extra = place;
            entry.localExtra = place;
            entry.descriptor = ZipBuilder.buffer(24)
                    .putInt(0x08074b50)
                    .putInt(entry.crc)
                    .putLong(entry.size)
                    .putLong(entry.size)
                    .array();
        });
        Path path = folder.resolve("large.pth");
        zip.writeTo(path);
        try (Checkpoint checkpoint = Checkpoint.open(path)) {
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            checkpoint.writeTo("w", Channels.newChannel(out));
            assertArrayEquals(FLOATS, out.toByteArray());
        }
    }

    @Test
    void moreEntriesThanAnyCheckpointHasAreRefused() {
        byte[] file =
                new ZipBuilder().with(zip -> zip.zip64CountChange = 200_001).toBytes();
        // A plain end record whose counts are full leaves them to the zip64 one.
        ByteBuffer.wrap(file).putShort(file.length - 14, (short) -1).putShort(file.length - 12, (short) -1);
        WeightsException e =
                assertThrows(WeightsException.class, () -> ZipDirectory.read(ByteSource.of("many.pth", file)));
        assertTrue(e.getMessage().contains("at most 200000 entries"), e.getMessage());
    }

    private static void refused(ZipBuilder zip, String reason) {
        WeightsException e = assertThrows(
                WeightsException.class,
                () -> Checkpoint.parse("hostile.pth", zip.toBytes()).close());
        assertTrue(e.getMessage().contains(reason), e.getMessage());
    }
}
