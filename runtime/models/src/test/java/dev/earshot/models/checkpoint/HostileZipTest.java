package dev.earshot.models.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.earshot.tensor.weights.WeightsException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Set;
import java.util.zip.CRC32;
import java.util.zip.Deflater;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Archives that two readers could understand differently, or that unpack to more than they are. */
final class HostileZipTest {
    private static final byte[] FLOATS =
            ZipBuilder.buffer(8).putFloat(1).putFloat(2).array();

    @Test
    void theWellFormedTwinIsRead() throws IOException {
        for (boolean zip64 : new boolean[] {false, true}) {
            byte[] file = ZipBuilder.checkpoint().with(zip -> zip.zip64 = zip64).toBytes();
            try (Checkpoint checkpoint = Checkpoint.parse("good.pth", file)) {
                assertEquals(Set.of("w"), checkpoint.entries().keySet());
                ByteArrayOutputStream out = new ByteArrayOutputStream();
                checkpoint.writeTo("w", Channels.newChannel(out));
                assertArrayEquals(FLOATS, out.toByteArray());
            }
        }
    }

    @Test
    void archiveOfTheJdkIsRead() throws IOException {
        ByteArrayOutputStream file = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(file)) {
            zip.setLevel(Deflater.NO_COMPRESSION);
            byte[] pickle =
                    PickleBuilder.pickle().op('}').text("w").tensor().ops("s.").toBytes();
            addStored(zip, "any name/data.pkl", pickle);
            addStored(zip, "any name/data/0", FLOATS);
        }
        try (Checkpoint checkpoint = Checkpoint.parse("jdk.pth", file.toByteArray())) {
            assertEquals(Set.of("w"), checkpoint.entries().keySet());
        }
    }

    @Test
    void entriesThatShareTheirDataAreRefused() {
        refused(
                ZipBuilder.checkpoint().add("top/data/1", FLOATS, entry -> {
                    entry.centralOnly = true;
                    entry.offset = 0;
                    entry.localName = entry.name;
                }),
                "its data to end before");
    }

    @Test
    void quotedOverlapIsRefused() {
        // The data of the outer entry holds the whole local header and data of an inner one.
        ZipBuilder inner = new ZipBuilder().add("top/data/1", FLOATS);
        byte[] quoted = Arrays.copyOf(inner.toBytes(), 30 + 10 + 8 + 16);
        ZipBuilder outer = ZipBuilder.checkpoint().add("top/data/2", quoted);
        int innerOffset = indexOf(outer.toBytes(), quoted);
        refused(
                outer.add("top/data/1", FLOATS, entry -> {
                    entry.centralOnly = true;
                    entry.offset = innerOffset;
                }),
                "its data to end before");
    }

    @Test
    void wrongCrcOfThePickleIsRefused() {
        refused(
                ZipBuilder.checkpoint().change(0, entry -> {
                    entry.crc++;
                    entry.described();
                }),
                "entry \"top/data.pkl\": expected CRC");
    }

    @Test
    void twoPicklesOfOneNameAreRefused() {
        refused(
                ZipBuilder.checkpoint().add("top/data.pkl", "x".getBytes(StandardCharsets.US_ASCII)),
                "a duplicate name");
    }

    @Test
    void twoTopFoldersAreRefused() {
        refused(ZipBuilder.checkpoint().add("other/data.pkl", FLOATS), "one top folder");
        refused(ZipBuilder.checkpoint().add("data.pkl", FLOATS), "one top folder");
    }

    @Test
    void archiveWithoutPickleIsRefused() {
        refused(new ZipBuilder().add("top/other.pkl", FLOATS), "an entry data.pkl");
        refused(new ZipBuilder().add("top/sub/data.pkl", FLOATS), "an entry data.pkl");
        refused(new ZipBuilder().with(zip -> zip.before = new byte[0]), "expected");
    }

    @Test
    void localHeaderThatDisagreesIsRefused() {
        String reason = "a local header that agrees with the directory";
        refused(
                ZipBuilder.checkpoint()
                        .change(2, entry -> entry.localName = "top/data/1".getBytes(StandardCharsets.US_ASCII)),
                reason);
        refused(ZipBuilder.checkpoint().change(2, entry -> entry.localName = new byte[0]), reason);
        refused(ZipBuilder.checkpoint().change(2, entry -> entry.localMethod = 8), reason);
        refused(ZipBuilder.checkpoint().change(2, entry -> entry.localFlags ^= 1 << 11), reason);
        refused(ZipBuilder.checkpoint().change(2, entry -> entry.localFlags ^= 1 << 3), reason);
    }

    @Test
    void localSizesThatDisagreeAreRefused() {
        String reason = "the directory's sizes and CRC in the local header";
        refused(ZipBuilder.plain(2).change(2, entry -> entry.localSize = 4), reason);
        refused(ZipBuilder.plain(2).change(2, entry -> entry.localPacked = 4), reason);
        refused(ZipBuilder.plain(2).change(2, entry -> entry.localCrc++), reason);
        refused(ZipBuilder.plain(2).change(2, entry -> entry.localCrc = 0), reason);
        refused(ZipBuilder.checkpoint().change(2, entry -> entry.localSize = 4), reason);
    }

    @Test
    void dataDescriptorThatDisagreesIsRefused() {
        String reason = "the directory's sizes and CRC in the data descriptor";
        for (int at = 0; at < 16; at++) {
            int index = at;
            refused(ZipBuilder.checkpoint().change(2, entry -> entry.descriptor[index] ^= 1), reason);
        }
        refused(ZipBuilder.checkpoint().change(2, entry -> entry.descriptor = new byte[0]), "a data descriptor of");
        refused(ZipBuilder.checkpoint().change(2, entry -> entry.descriptor = new byte[17]), "a data descriptor of");
    }

    @Test
    void otherMethodsAndEncryptionAreRefused() {
        refused(method(8), "stored data, got compressed data");
        refused(method(12), "compression method 12");
        refused(method(99), "compression method 99");
        for (int bit : new int[] {0, 4, 5, 6, 13, 15}) {
            refused(
                    ZipBuilder.checkpoint().change(2, entry -> {
                        entry.flags |= 1 << bit;
                        entry.localFlags = entry.flags;
                    }),
                    "no encryption or patches");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "top/../x",
                "../x",
                "top/..",
                "/top/x",
                "top//x",
                "top/",
                "top/./x",
                "top\\x",
                "C:x",
                "C:/top/x",
                "top/x\u0000",
                "top/x\n",
                "",
                "top/\u007f"
            })
    void unsafeNamesAreRefused(String name) {
        refused(ZipBuilder.checkpoint().add(name, FLOATS), "a relative path without");
    }

    @Test
    void namesThatAreNoUtf8AreRefused() {
        refused(
                ZipBuilder.checkpoint().change(3, entry -> {
                    entry.name = new byte[] {'t', (byte) 0xff};
                    entry.localName = entry.name;
                }),
                "expected UTF-8");
    }

    @Test
    void foreignBytesAnywhereAreRefused() {
        refused(ZipBuilder.checkpoint().with(zip -> zip.after = new byte[1]), "an end record without comment");
        refused(ZipBuilder.checkpoint().with(zip -> zip.comment = new byte[3]), "an end record without comment");
        refused(ZipBuilder.checkpoint().with(zip -> zip.beforeDirectory = new byte[3]), "a data descriptor of");
        refused(ZipBuilder.plain(3).with(zip -> zip.beforeDirectory = new byte[4]), "4 foreign bytes");
        refused(ZipBuilder.plain(1).change(1, entry -> entry.gap = new byte[4]), "4 foreign bytes");
        refused(ZipBuilder.checkpoint().change(0, entry -> entry.entryComment = new byte[2]), "no comments");
        // Data before the first entry: with a first entry that looks like one, or as any other file.
        refused(
                ZipBuilder.checkpoint().with(zip -> zip.before = new byte[] {'P', 'K', 3, 4}),
                "its first entry at byte 0, got byte 4");
        refused(ZipBuilder.checkpoint().with(zip -> zip.before = new byte[] {'#', '!'}), "an unknown format");
    }

    @Test
    void severalDisksAreRefused() {
        refused(ZipBuilder.checkpoint().with(zip -> zip.disk = 1), "a single disk");
        refused(ZipBuilder.checkpoint().change(0, entry -> entry.disk = 1), "a single disk");
        refused(ZipBuilder.checkpoint().with(zip -> zip.locatorDisks = 2), "zip64 locator");
    }

    @Test
    void directoryThatIsNotWhereItSaysIsRefused() {
        refused(
                ZipBuilder.checkpoint().with(zip -> zip.directoryOffsetChange = 1),
                "zip directory: expected to end at");
        refused(
                ZipBuilder.checkpoint().with(zip -> zip.directoryOffsetChange = -1),
                "zip directory: expected to end at");
        refused(ZipBuilder.checkpoint().with(zip -> zip.countChange = 1), "a central record");
        refused(ZipBuilder.checkpoint().with(zip -> zip.countChange = -1), "bytes more");
    }

    @Test
    void storageOfAnotherSizeIsRefused() {
        refused(
                ZipBuilder.checkpoint(PickleBuilder.pickle()
                        .op('}')
                        .text("w")
                        .tensor(3, 0, new long[] {3}, new long[] {1})
                        .ops("s.")
                        .toBytes()),
                "storage \"0\": expected an entry data/KEY of 12 bytes, got 8 bytes");
        refused(
                ZipBuilder.checkpoint(PickleBuilder.pickle()
                        .storage("FloatStorage", "../data.pkl", 2)
                        .op('.')
                        .toBytes()),
                "got none");
    }

    @Test
    void bytesBehindThePicklesEndAreRefused() {
        refused(ZipBuilder.checkpoint(PickleBuilder.pickle().ops("}..").toBytes()), "1 bytes more behind it");
    }

    @Test
    void otherByteOrderAndVersionAreRefused() {
        refused(replace(1, "top/byteorder", "big"), "expected little, got \"big\"");
        refused(replace(3, "top/version", "4\n"), "expected 3, got \"4\"");
        refused(replace(3, "top/version", "3".repeat(65)), "at most 64 bytes");
    }

    @Test
    void torchScriptIsRefusedAsAProgram() {
        refused(ZipBuilder.checkpoint().add("top/constants.pkl", FLOATS), "a TorchScript archive");
        refused(ZipBuilder.checkpoint().add("top/code/__torch__.py", FLOATS), "a TorchScript archive");
    }

    @Test
    void tarAndOtherContainersAreRefusedByName() {
        byte[] tar = new byte[1_024];
        System.arraycopy("ustar".getBytes(StandardCharsets.US_ASCII), 0, tar, 257, 5);
        refused(tar, "the tar container");
        refused(new byte[0], "an empty file");
        refused(new byte[] {'P', 'K'}, "an unknown format");
        refused(new byte[] {(byte) 0x80, 4, 'N', '.'}, "an unknown format");
        refused("GGUF and more of it".getBytes(StandardCharsets.US_ASCII), "an unknown format");
    }

    @Test
    void everyPrefixIsRefused() {
        byte[] file = ZipBuilder.checkpoint().toBytes();
        for (int length = 0; length < file.length; length++) {
            byte[] prefix = Arrays.copyOf(file, length);
            assertThrows(
                    WeightsException.class,
                    () -> Checkpoint.parse("prefix", prefix).close());
        }
    }

    private static ZipBuilder method(int method) {
        return ZipBuilder.checkpoint().change(2, entry -> {
            entry.method = method;
            entry.localMethod = method;
        });
    }

    private static ZipBuilder replace(int index, String name, String text) {
        byte[] data = text.getBytes(StandardCharsets.US_ASCII);
        ZipBuilder.Entry replaced = new ZipBuilder.Entry(name, data).described();
        return ZipBuilder.checkpoint().change(index, entry -> {
            entry.data = data;
            entry.crc = replaced.crc;
            entry.packed = data.length;
            entry.size = data.length;
            entry.described();
        });
    }

    private static void addStored(ZipOutputStream zip, String name, byte[] data) throws IOException {
        ZipEntry entry = new ZipEntry(name);
        entry.setMethod(ZipEntry.STORED);
        entry.setSize(data.length);
        CRC32 crc = new CRC32();
        crc.update(data);
        entry.setCrc(crc.getValue());
        zip.putNextEntry(entry);
        zip.write(data);
        zip.closeEntry();
    }

    private static int indexOf(byte[] file, byte[] part) {
        return new String(file, StandardCharsets.ISO_8859_1).indexOf(new String(part, StandardCharsets.ISO_8859_1));
    }

    private static void refused(ZipBuilder zip, String reason) {
        refused(zip.toBytes(), reason);
    }

    private static void refused(byte[] file, String reason) {
        WeightsException e = assertThrows(
                WeightsException.class,
                () -> Checkpoint.parse("hostile.pth", file).close());
        assertTrue(e.getMessage().contains(reason), e.getMessage());
        assertTrue(e.getMessage().startsWith("hostile.pth: "), e.getMessage());
        assertFalse(e.getMessage().chars().anyMatch(Character::isISOControl), e.getMessage());
    }
}
