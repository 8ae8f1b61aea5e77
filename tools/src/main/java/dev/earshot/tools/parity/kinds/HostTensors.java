package dev.earshot.tools.parity.kinds;

import dev.earshot.tensor.DType;
import dev.earshot.tensor.HostTensor;
import dev.earshot.tensor.Shape;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** Results of plain Java types as tensors. */
final class HostTensors {
    private HostTensors() {}

    static HostTensor of(double[] values, long... dims) {
        float[] floats = new float[values.length];
        for (int i = 0; i < floats.length; i++) {
            floats[i] = (float) values[i];
        }
        return HostTensor.of(floats, dims);
    }

    static HostTensor of(int[] values, long... dims) {
        return new HostTensor(MemorySegment.ofArray(values), DType.I32, Shape.of(dims));
    }

    static HostTensor of(byte[] values, long... dims) {
        return new HostTensor(MemorySegment.ofArray(values), DType.U8, Shape.of(dims));
    }

    static int[] toInts(HostTensor tensor) {
        float[] floats = tensor.toFloats();
        int[] values = new int[floats.length];
        for (int i = 0; i < values.length; i++) {
            values[i] = (int) floats[i];
        }
        return values;
    }

    static byte[] toBytes(HostTensor tensor) {
        float[] floats = tensor.toFloats();
        byte[] values = new byte[floats.length];
        for (int i = 0; i < values.length; i++) {
            values[i] = (byte) (int) floats[i];
        }
        return values;
    }

    /** All parts behind each other. */
    static float[] join(List<float[]> parts) {
        float[] all = new float[parts.stream().mapToInt(part -> part.length).sum()];
        int at = 0;
        for (float[] part : parts) {
            System.arraycopy(part, 0, all, at, part.length);
            at += part.length;
        }
        return all;
    }
}
