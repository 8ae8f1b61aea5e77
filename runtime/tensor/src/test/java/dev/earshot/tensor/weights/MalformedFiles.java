package dev.earshot.tensor.weights;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** Builds safetensors files byte by byte, right and wrong ones, without help from the writer under test. */
final class MalformedFiles {
    private MalformedFiles() {}

    /** A file with this header text and this data. */
    static byte[] file(String json, byte[] data) {
        return file(json.getBytes(StandardCharsets.UTF_8), data);
    }

    /** A file with these header bytes and this data. */
    static byte[] file(byte[] json, byte[] data) {
        return file(json.length, json, data);
    }

    /** A file that announces a header of {@code length} bytes, whatever follows. */
    static byte[] file(long length, byte[] json, byte[] data) {
        return ByteBuffer.allocate(8 + json.length + data.length)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(length)
                .put(json)
                .put(data)
                .array();
    }

    /** The header entry of one tensor. */
    static String tensor(String name, String type, String shape, String begin, String end) {
        return "\"%s\":{\"dtype\":\"%s\",\"shape\":%s,\"data_offsets\":[%s,%s]}"
                .formatted(name, type, shape, begin, end);
    }
}
