package dev.earshot.footprint;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * The work that every engine does: y = W2 gelu(W1 x + b1) + b2 with 768 channels, 3072 hidden ones and the exact GELU. First
 * one row, then 197. Weights and rows are read from files, so that they are the same for all.
 */
final class Network {
    static final int WIDTH = 768;
    static final int HIDDEN = 3072;
    private static final int ROWS = 197;

    private Network() {}

    /** An engine with its weights loaded. */
    interface Engine extends AutoCloseable {
        /** {@code count} rows of 768 values in, as many out. */
        float[] run(float[] rows, int count) throws Exception;
    }

    /** Loads the weights into an engine. */
    interface Opener {
        Engine open(Path folder) throws Exception;
    }

    /**
     * Says {@code first} after one row, then waits for a line; says {@code second} after 197 rows, waits again and writes all
     * 198 results.
     *
     * @param arguments folder of the weights, file for the results
     */
    static void serve(String[] arguments, Opener opener) throws Exception {
        Path folder = Path.of(arguments[0]);
        BufferedReader commands = new BufferedReader(new InputStreamReader(System.in));
        try (Engine engine = opener.open(folder)) {
            float[] rows = new float[ROWS * WIDTH];
            mapped(folder, "rows").get(rows);
            float[] first = engine.run(java.util.Arrays.copyOf(rows, WIDTH), 1);
            System.out.println("first");
            commands.readLine();
            float[] second = engine.run(rows, ROWS);
            System.out.println("second");
            commands.readLine();
            ByteBuffer bytes = ByteBuffer.allocate(4 * (first.length + second.length)).order(ByteOrder.LITTLE_ENDIAN);
            bytes.asFloatBuffer().put(first).put(second);
            Files.write(Path.of(arguments[1]), bytes.array());
        }
    }

    /** A file of little-endian floats. */
    static FloatBuffer mapped(Path folder, String name) throws IOException {
        return bytes(folder, name).asFloatBuffer();
    }

    /** The same as bytes. */
    static ByteBuffer bytes(Path folder, String name) throws IOException {
        try (FileChannel file = FileChannel.open(folder.resolve(name + ".f32"), StandardOpenOption.READ)) {
            return file.map(FileChannel.MapMode.READ_ONLY, 0, file.size()).order(ByteOrder.LITTLE_ENDIAN);
        }
    }
}
