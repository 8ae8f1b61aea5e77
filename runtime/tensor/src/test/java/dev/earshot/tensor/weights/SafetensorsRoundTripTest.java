package dev.earshot.tensor.weights;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.earshot.tensor.DType;
import dev.earshot.tensor.HostTensor;
import dev.earshot.tensor.Shape;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class SafetensorsRoundTripTest {
    @TempDir
    Path folder;

    @Test
    void handWrittenFileIsReadAsTheFormatSays() {
        // By the format's description alone: scalar bf16 1.5 = 0x3fc0, f32 [2] of 1 and -2, the data in this order.
        String json = "{\"s\":{\"dtype\":\"BF16\",\"shape\":[],\"data_offsets\":[0,2]},"
                + "\"v\":{\"data_offsets\":[2,10],\"shape\":[2],\"dtype\":\"F32\"},\"__metadata__\":{\"format\":\"pt\"}}  ";
        byte[] utf8 = json.getBytes(StandardCharsets.UTF_8);
        byte[] file = ByteBuffer.allocate(8 + utf8.length + 10)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(utf8.length)
                .put(utf8)
                .putShort((short) 0x3fc0)
                .putFloat(1f)
                .putFloat(-2f)
                .array();
        Safetensors weights = Safetensors.parse(file, "hand.safetensors");
        assertEquals(List.of("s", "v"), List.copyOf(weights.keys()));
        assertEquals(Map.of("format", "pt"), weights.metadata());
        assertEquals(new WeightEntry("v", StoredType.F32, Shape.of(2), 2, 8), weights.entry("v"));
        assertArrayEquals(new float[] {1.5f}, weights.read("s").toFloats());
        assertArrayEquals(new float[] {1f, -2f}, weights.read("v").toFloats());
    }

    @Test
    void everyDtypeComesBackWithItsBytes() {
        Path path = folder.resolve("types.safetensors");
        SafetensorsWriter writer = new SafetensorsWriter().metadata("a", "1\n\"ä😀\"");
        for (DType dtype : DType.values()) {
            byte[] bytes = new byte[6 * dtype.bytes()];
            for (int i = 0; i < bytes.length; i++) {
                bytes[i] = (byte) (i * 37 + dtype.ordinal());
            }
            writer.tensor("t." + dtype, new HostTensor(MemorySegment.ofArray(bytes), dtype, Shape.of(2, 3)));
        }
        writer.write(path);
        for (Safetensors weights : List.of(Safetensors.open(path), Safetensors.copy(path))) {
            try (weights) {
                assertEquals(Map.of("a", "1\n\"ä😀\""), weights.metadata());
                for (DType dtype : DType.values()) {
                    HostTensor tensor = weights.read("t." + dtype);
                    assertEquals(dtype, tensor.dtype());
                    assertEquals(Shape.of(2, 3), tensor.shape());
                    byte[] bytes = tensor.data().toArray(ValueLayout.JAVA_BYTE);
                    for (int i = 0; i < bytes.length; i++) {
                        assertEquals((byte) (i * 37 + dtype.ordinal()), bytes[i]);
                    }
                }
            }
        }
    }

    @Test
    void orderOfCallsDoesNotChangeTheFile() throws IOException {
        HostTensor a = HostTensor.of(new float[] {1, 2}, 2);
        HostTensor b = new HostTensor(MemorySegment.ofArray(new byte[] {7}), DType.U8, Shape.of(1));
        byte[] one = bytes(new SafetensorsWriter()
                .metadata("x", "1")
                .metadata("y", "2")
                .tensor("a", a)
                .tensor("b", b));
        byte[] two = bytes(new SafetensorsWriter()
                .metadata("y", "2")
                .metadata("x", "1")
                .tensor("b", b)
                .tensor("a", a));
        assertArrayEquals(one, two);
        assertEquals(0, ByteBuffer.wrap(one).order(ByteOrder.LITTLE_ENDIAN).getLong() % 8, "data is aligned");
    }

    @Test
    void wideTypesAreConverted() {
        ByteBuffer data = ByteBuffer.allocate(8 + 4 + 2 + 2 + 1).order(ByteOrder.LITTLE_ENDIAN);
        data.putDouble(0.1).putInt(-1).putShort((short) -2).putShort((short) -3).put((byte) -4);
        String json = "{\"d\":{\"dtype\":\"F64\",\"shape\":[1],\"data_offsets\":[0,8]},"
                + "\"u\":{\"dtype\":\"U32\",\"shape\":[1],\"data_offsets\":[8,12]},"
                + "\"s\":{\"dtype\":\"I16\",\"shape\":[1],\"data_offsets\":[12,14]},"
                + "\"w\":{\"dtype\":\"U16\",\"shape\":[1],\"data_offsets\":[14,16]},"
                + "\"b\":{\"dtype\":\"I8\",\"shape\":[1],\"data_offsets\":[16,17]}}";
        Safetensors weights = Safetensors.parse(MalformedFiles.file(json, data.array()), "wide");
        assertArrayEquals(new float[] {0.1f}, weights.read("d").toFloats());
        assertEquals(DType.I64, weights.read("u").dtype());
        assertEquals(0xffff_ffffL, weights.read("u").data().get(ValueLayout.JAVA_LONG_UNALIGNED, 0));
        assertArrayEquals(new float[] {-2}, weights.read("s").toFloats());
        assertArrayEquals(new float[] {65533}, weights.read("w").toFloats());
        assertArrayEquals(new float[] {-4}, weights.read("b").toFloats());
    }

    @Test
    void typesThatNothingComputesWithAreListedButNotRead() {
        String json = "{\"q\":{\"dtype\":\"F4\",\"shape\":[2],\"data_offsets\":[0,1]}}";
        Safetensors weights = Safetensors.parse(MalformedFiles.file(json, new byte[1]), "packed");
        assertEquals(StoredType.F4, weights.entry("q").type());
        WeightsException e = assertThrows(WeightsException.class, () -> weights.read("q"));
        assertTrue(e.getMessage().startsWith("packed: tensor \"q\": expected a type"), e.getMessage());
    }

    @Test
    void emptyFileAndZeroSizedTensorsAreLegal() throws IOException {
        Path path = folder.resolve("empty.safetensors");
        new SafetensorsWriter().write(path);
        try (Safetensors weights = Safetensors.open(path)) {
            assertTrue(weights.keys().isEmpty());
        }
        byte[] zero = bytes(new SafetensorsWriter().tensor("z", new float[0], 0, 3));
        assertEquals(Shape.of(0, 3), Safetensors.parse(zero, "zero").shape("z"));
    }

    @Test
    void closingTwiceIsAllowedAndReadingAfterItIsNot() {
        Path path = folder.resolve("closed.safetensors");
        new SafetensorsWriter().tensor("a", new float[] {1}, 1).write(path);
        Safetensors weights = Safetensors.open(path);
        HostTensor a = weights.read("a");
        weights.close();
        weights.close();
        assertThrows(IllegalStateException.class, a::toFloats);
    }

    @Test
    void mappingInACallersArenaLivesAsLongAsTheArena() {
        Path path = folder.resolve("arena.safetensors");
        new SafetensorsWriter().tensor("a", new float[] {3}, 1).write(path);
        HostTensor a;
        try (Arena arena = Arena.ofConfined()) {
            Safetensors weights = Safetensors.open(path, arena);
            a = weights.read("a");
            weights.close();
            assertArrayEquals(new float[] {3}, a.toFloats());
            assertTrue(a.data().isReadOnly());
        }
        assertThrows(IllegalStateException.class, a::toFloats);
    }

    @Test
    void missingTensorNamesTheNearest() {
        Weights weights = Weights.of("memory", Map.of("blocks.0.norm1.weight", HostTensor.of(new float[1], 1)));
        WeightsException e = assertThrows(WeightsException.class, () -> weights.read("blocks.0.norm1.wieght"));
        assertTrue(e.getMessage().contains("nearest name is \"blocks.0.norm1.weight\""), e.getMessage());
    }

    @Test
    void sourceThatWritesTooLittleLeavesTheOldFile() throws IOException {
        Path path = folder.resolve("kept.safetensors");
        new SafetensorsWriter().tensor("a", new float[] {1}, 1).write(path);
        byte[] before = Files.readAllBytes(path);
        SafetensorsWriter broken = new SafetensorsWriter()
                .tensor("a", StoredType.F32, Shape.of(2), out -> out.write(ByteBuffer.allocate(4)));
        assertThrows(IllegalStateException.class, () -> broken.write(path));
        assertArrayEquals(before, Files.readAllBytes(path));
        try (var files = Files.list(folder)) {
            assertEquals(1, files.count(), "no temporary file is left");
        }
    }

    @Test
    void pickledFilesAreRefusedWithTheCommandThatConvertsThem() {
        WeightsException e = assertThrows(WeightsException.class, () -> Weights.open(Path.of("x/imagebind_huge.pth")));
        assertTrue(
                e.getMessage().contains("earshot convert imagebind_huge.pth imagebind_huge.safetensors"),
                e.getMessage());
        assertFalse(e.getMessage().contains("\n"));
    }

    private static byte[] bytes(SafetensorsWriter writer) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        writer.writeTo(Channels.newChannel(out));
        return out.toByteArray();
    }
}
