package dev.earshot.bench.footprint;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * The two-layer network as an ONNX model: {@code Gemm, Gelu, Gemm} over an input of any number of rows. Field numbers and
 * types are those of onnx.proto (IR version 10, operator set 20, the first with {@code Gelu}).
 */
final class OnnxFile {
    private static final int IR_VERSION = 10;
    private static final int OPERATOR_SET = 20;
    private static final int FLOAT = 1;
    private static final int INT_ATTRIBUTE = 2;
    private static final int BYTES = 2; // wire type of strings and messages

    private OnnxFile() {}

    /** Weights as PyTorch lays them out: [hidden, width], [hidden], [width, hidden], [width]. */
    static byte[] of(int width, int hidden, float[] upWeight, float[] upBias, float[] downWeight, float[] downBias) {
        Message graph = new Message()
                .message(1, gemm("up", "x", "hidden"))
                .message(
                        1,
                        new Message()
                                .text(1, "hidden")
                                .text(2, "active")
                                .text(3, "gelu")
                                .text(4, "Gelu"))
                .message(1, gemm("down", "active", "y"))
                .text(2, "network")
                .message(5, tensor("up.weight", upWeight, hidden, width))
                .message(5, tensor("up.bias", upBias, hidden))
                .message(5, tensor("down.weight", downWeight, width, hidden))
                .message(5, tensor("down.bias", downBias, width))
                .message(11, value("x", width))
                .message(12, value("y", width));
        return new Message()
                .number(1, IR_VERSION)
                .message(7, graph)
                .message(8, new Message().text(1, "").number(2, OPERATOR_SET))
                .bytes();
    }

    private static Message gemm(String layer, String input, String output) {
        Message transposed = new Message().text(1, "transB").number(3, 1).number(20, INT_ATTRIBUTE);
        return new Message()
                .text(1, input)
                .text(1, layer + ".weight")
                .text(1, layer + ".bias")
                .text(2, output)
                .text(3, layer)
                .text(4, "Gemm")
                .message(5, transposed);
    }

    private static Message tensor(String name, float[] values, int... dims) {
        Message tensor = new Message();
        for (int dim : dims) {
            tensor.number(1, dim);
        }
        ByteBuffer raw = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
        raw.asFloatBuffer().put(values);
        return tensor.number(2, FLOAT).text(8, name).bytes(9, raw.array());
    }

    private static Message value(String name, int width) {
        Message shape =
                new Message().message(1, new Message().text(2, "rows")).message(1, new Message().number(1, width));
        Message type = new Message().message(1, new Message().number(1, FLOAT).message(2, shape));
        return new Message().text(1, name).message(2, type);
    }

    /** A protobuf message being written. */
    static final class Message {
        private final ByteArrayOutputStream out = new ByteArrayOutputStream();

        Message number(int field, long value) {
            varint((long) field << 3);
            varint(value);
            return this;
        }

        Message text(int field, String value) {
            return bytes(field, value.getBytes(StandardCharsets.UTF_8));
        }

        Message message(int field, Message value) {
            return bytes(field, value.bytes());
        }

        Message bytes(int field, byte[] value) {
            varint((long) field << 3 | BYTES);
            varint(value.length);
            out.writeBytes(value);
            return this;
        }

        byte[] bytes() {
            return out.toByteArray();
        }

        /** Seven bits a byte, least first; the eighth says that more follow. */
        private void varint(long value) {
            long rest = value;
            while ((rest & ~0x7fL) != 0) {
                out.write((int) (rest & 0x7f | 0x80));
                rest >>>= 7;
            }
            out.write((int) rest);
        }
    }
}
