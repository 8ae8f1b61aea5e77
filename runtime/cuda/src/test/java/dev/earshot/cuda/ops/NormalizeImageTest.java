package dev.earshot.cuda.ops;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import dev.earshot.tensor.Backend;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.HostTensor;
import dev.earshot.tensor.Shape;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.Workspace;
import dev.earshot.tensor.testing.TestBackends;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NormalizeImageTest {
    private static final float[] MEAN = {0.48145466f, 0.4578275f, 0.40821073f};
    private static final float[] STD = {0.26862954f, 0.26130258f, 0.27577711f};

    /** All bytes in all channels, in pictures of 256 pixels (groups of four) and of 257. */
    @ParameterizedTest
    @ValueSource(ints = {256, 257})
    void everyByteGivesTheBitsOfFp32Arithmetic(int pixels) {
        byte[] bytes = new byte[2 * pixels * 3];
        float[] expected = new float[bytes.length];
        for (int i = 0; i < bytes.length; i++) {
            int channel = i % 3;
            int pixel = i / 3 % pixels;
            int image = i / 3 / pixels;
            bytes[i] = (byte) (pixel + 85 * channel + 7 * image);
            expected[(image * 3 + channel) * pixels + pixel] =
                    ((bytes[i] & 0xff) / 255f - MEAN[channel]) / STD[channel];
        }
        try (Backend backend = TestBackends.open().getFirst();
                Workspace ws = backend.workspace(1 << 16)) {
            HostTensor source = new HostTensor(MemorySegment.ofArray(bytes), DType.U8, Shape.of(2, 1, pixels, 3));
            Tensor out = ws.allocate(DType.F32, 2, 3, 1, pixels);
            backend.normalizeImage(backend.upload(ws, source, DType.U8), MEAN, STD, out);
            assertArrayEquals(expected, backend.download(out));
        }
    }
}
