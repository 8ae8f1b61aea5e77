package dev.earshot.bench.footprint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class FootprintTest {
    @TempDir
    Path temporary;

    private static byte[] library(int bits, int machine, int length) {
        byte[] file = new byte[length];
        file[0] = 0x7f;
        file[1] = 'E';
        file[2] = 'L';
        file[3] = 'F';
        file[4] = (byte) (bits / 32);
        file[18] = (byte) machine;
        return file;
    }

    @Test
    void nativeBytesAreThoseOfThisPlatformsLibrariesUnpacked() throws IOException {
        Path jar = temporary.resolve("some.jar");
        try (OutputStream file = Files.newOutputStream(jar);
                ZipOutputStream zip = new ZipOutputStream(file)) {
            Map<String, byte[]> entries = Map.of(
                    "linux/libone.so", library(64, 62, 5000),
                    "linux/libtwo.so.3", library(64, 62, 300),
                    "arm/libone.so", library(64, 183, 7000),
                    "old/libone.so", library(32, 3, 900),
                    "short.so", new byte[] {0x7f, 'E', 'L', 'F'},
                    "Some.class", new byte[4000]);
            for (Map.Entry<String, byte[]> entry : entries.entrySet()) {
                zip.putNextEntry(new ZipEntry(entry.getKey()));
                zip.write(entry.getValue());
                zip.closeEntry();
            }
        }
        JarFolder folder = JarFolder.of(List.of(jar, jar));
        assertEquals(2, folder.jars());
        assertEquals(2 * Files.size(jar), folder.bytes());
        assertEquals(2 * 5300, folder.nativeBytes());
    }

    @Test
    void varintsCarrySevenBitsAByte() {
        byte[] bytes = new OnnxFile.Message().number(1, 300).text(2, "a").bytes();
        assertArrayEquals(new byte[] {0x08, (byte) 0xac, 0x02, 0x12, 0x01, 'a'}, bytes);
    }

    @Test
    void onnxRuntimeComputesTheModelThatWeWrite() throws OrtException {
        // Two inputs, three hidden, two outputs; hidden = (x0 + x1, x0 - x1, 1), outputs = (first two of them, all of
        // them).
        byte[] model = OnnxFile.of(
                2,
                3,
                new float[] {1, 1, 1, -1, 0, 0},
                new float[] {0, 0, 1},
                new float[] {1, 1, 0, 1, 1, 1},
                new float[] {0.5f, 0});
        double[] hidden = {3, 1, 1};
        double sum = 0;
        double[] gelu = new double[3];
        for (int i = 0; i < 3; i++) {
            gelu[i] = hidden[i] / 2 * (1 + NetworkFiles.erf(hidden[i] / Math.sqrt(2)));
            sum += gelu[i];
        }
        OrtEnvironment environment = OrtEnvironment.getEnvironment();
        try (OrtSession session = environment.createSession(model);
                OnnxTensor x =
                        OnnxTensor.createTensor(environment, FloatBuffer.wrap(new float[] {2, 1}), new long[] {1, 2});
                OrtSession.Result result = session.run(Map.of("x", x))) {
            float[] y = new float[2];
            ((OnnxTensor) result.get(0)).getFloatBuffer().get(y);
            assertEquals(gelu[0] + gelu[1] + 0.5, y[0], 1e-5);
            assertEquals(sum, y[1], 1e-5);
        }
    }

    /** Values of Abramowitz and Stegun, table 7.1. */
    @Test
    void erfAgreesWithTheTable() {
        assertEquals(0, NetworkFiles.erf(0));
        assertEquals(0.5204998778, NetworkFiles.erf(0.5), 1e-10);
        assertEquals(0.8427007929, NetworkFiles.erf(1), 1e-10);
        assertEquals(-0.9953222650, NetworkFiles.erf(-2), 1e-10);
        assertEquals(0.9999779095, NetworkFiles.erf(3), 1e-10);
        assertEquals(NetworkFiles.erf(2.9999999), NetworkFiles.erf(3.0000001), 1e-10);
    }

    @Test
    void resultsAreComparedByTheLargestErrorAndNaNNeverPasses() throws IOException {
        double[] expected = {1, 2};
        assertEquals(0.5, NetworkFiles.largestError(expected, results(1, 2.5f)));
        assertTrue(Double.isNaN(NetworkFiles.largestError(expected, results(Float.NaN, 2))));
        assertFalse(NetworkFiles.largestError(expected, results(Float.NaN, 2)) <= 1);
        assertThrows(IllegalStateException.class, () -> NetworkFiles.largestError(expected, results(1)));
    }

    private Path results(float... values) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(values);
        return Files.write(temporary.resolve("results"), bytes.array());
    }

    @Test
    void thePeersDeclareWhatTheirPomsSay() throws IOException {
        Path footprint = FootprintBench.root(Path.of("").toAbsolutePath()).resolve("bench/footprint");
        for (Map.Entry<String, Integer> peer :
                Map.of("djl", 4, "onnxruntime", 1, "tensorflow", 2).entrySet()) {
            Path folder = footprint.resolve(peer.getKey());
            assertEquals(peer.getValue(), Engine.declaredIn(Files.readString(folder.resolve("pom.xml"))));
            assertTrue(Files.isRegularFile(folder.resolve("FirstInference.java")));
        }
    }
}
