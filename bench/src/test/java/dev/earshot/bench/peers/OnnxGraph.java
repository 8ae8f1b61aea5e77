package dev.earshot.bench.peers;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/** The smallest ONNX files, written by hand: protocol buffers with the field numbers of onnx.proto. */
final class OnnxGraph {
    private static final int LENGTH_DELIMITED = 2;
    private static final int FLOAT = 1;

    private OnnxGraph() {}

    /** A model of one operation from {@code image} to {@code tokens}, both float32 of any shape. */
    static byte[] ofOneOperation(String operation) {
        byte[] node = join(text(1, "image"), text(2, "tokens"), text(4, operation));
        byte[] graph =
                join(message(1, node), text(2, "graph"), message(11, value("image")), message(12, value("tokens")));
        byte[] operations = number(2, 17); // version of the operation set
        return join(number(1, 8), message(7, graph), message(8, operations));
    }

    private static byte[] value(String name) {
        return join(text(1, name), message(2, message(1, number(1, FLOAT))));
    }

    private static byte[] number(int field, int value) {
        return new byte[] {(byte) (field << 3), (byte) value};
    }

    private static byte[] text(int field, String value) {
        return message(field, value.getBytes(StandardCharsets.UTF_8));
    }

    /** Lengths below 128 take one byte; no message here is longer. */
    private static byte[] message(int field, byte[] content) {
        return join(new byte[] {(byte) (field << 3 | LENGTH_DELIMITED), (byte) content.length}, content);
    }

    private static byte[] join(byte[]... parts) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            all.writeBytes(part);
        }
        return all.toByteArray();
    }
}
