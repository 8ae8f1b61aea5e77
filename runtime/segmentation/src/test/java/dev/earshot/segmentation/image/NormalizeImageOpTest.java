package dev.earshot.segmentation.image;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import dev.earshot.tensor.Backend;
import dev.earshot.tensor.Backends;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.HostTensor;
import dev.earshot.tensor.Shape;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.Workspace;
import dev.earshot.tensor.reference.ReferenceBackend;
import java.lang.foreign.MemorySegment;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** The op on bytes gives what the host's table of 256 values gives. */
class NormalizeImageOpTest {
    @Test
    void bytesNormalisedByTheReferenceEqualThoseOfTheHost() {
        assertEqualsTheHost(new ReferenceBackend(), 1e-6f);
    }

    /** To the last bit: where pictures are normalised must not show in a mask. */
    @Test
    void bytesNormalisedByTheCpuBackendEqualThoseOfTheHostToTheLastBit() {
        assertEqualsTheHost(Backends.open("cpu"), 0);
    }

    private static void assertEqualsTheHost(Backend opened, float tolerance) {
        int width = 37;
        int height = 21;
        byte[] rgb = new byte[3 * width * height];
        new SplittableRandom(7).nextBytes(rgb);
        float[] expected = ImagePreprocess.IMAGEBIND.normalised(new RgbImage(width, height, rgb));
        float[] mean = channels(ImagePreprocess.IMAGEBIND.mean());
        float[] std = channels(ImagePreprocess.IMAGEBIND.std());
        try (Backend backend = opened;
                Workspace ws = backend.workspace(1 << 16)) {
            HostTensor bytes = new HostTensor(MemorySegment.ofArray(rgb), DType.U8, Shape.of(1, height, width, 3));
            Tensor out = ws.allocate(DType.F32, 1, 3, height, width);
            backend.normalizeImage(backend.upload(ws, bytes, DType.U8), mean, std, out);
            assertArrayEquals(expected, backend.download(out), tolerance);
        }
    }

    private static float[] channels(ImagePreprocess.PerChannel of) {
        return new float[] {of.get(0), of.get(1), of.get(2)};
    }
}
