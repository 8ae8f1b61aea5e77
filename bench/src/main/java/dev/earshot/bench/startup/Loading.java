package dev.earshot.bench.startup;

import dev.earshot.models.ForwardSession;
import dev.earshot.models.imagebind.ImageBind;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.Backends;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.HostTensor;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.weights.Weights;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * One file of weights from a warm page cache, three ways that stand beside each other: read and thrown away, touched page by
 * page in a fresh mapping, and made ready for products.
 */
final class Loading {
    private static final int PIECE = 16 << 20;
    private static final int PAGE = 4096;

    private Loading() {}

    /**
     * Gigabytes per second of each, and what follows the loading.
     *
     * @param read {@link FileChannel} into one buffer
     * @param touch one byte of every page of a mapping
     * @param load {@link ImageBind#load}: mapped, packed by all workers
     * @param firstPassMillis the first picture after the loading
     */
    record Rates(double read, double touch, double load, double firstPassMillis) {}

    /** Measures once; the file should be in the page cache. */
    static Rates measure(Path file) throws IOException {
        double gigabytes = Files.size(file) / 1e9;
        long t0 = System.nanoTime();
        read(file);
        long t1 = System.nanoTime();
        touch(file);
        long t2 = System.nanoTime();
        try (Backend backend = Backends.open("cpu")) {
            long t3 = System.nanoTime();
            try (Weights weights = Weights.open(file);
                    ImageBind model = ImageBind.load(backend, weights, DType.F32);
                    ForwardSession<Tensor> session = model.imageSession()) {
                long t4 = System.nanoTime();
                int side = model.config().vision().vit().imageSize();
                backend.download(session.run(HostTensor.of(new float[3 * side * side], 1, 3, side, side)));
                double pass = (System.nanoTime() - t4) / 1e6;
                return new Rates(rate(gigabytes, t1 - t0), rate(gigabytes, t2 - t1), rate(gigabytes, t4 - t3), pass);
            }
        }
    }

    private static double rate(double gigabytes, long nanos) {
        return gigabytes * 1e9 / nanos;
    }

    private static void read(Path file) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocateDirect(PIECE);
        try (FileChannel channel = FileChannel.open(file)) {
            while (channel.read(buffer) >= 0) {
                buffer.clear();
            }
        }
    }

    private static void touch(Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file);
                Arena arena = Arena.ofConfined()) {
            MemorySegment map = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
            int sum = 0;
            for (long at = 0; at < map.byteSize(); at += PAGE) {
                sum += map.get(ValueLayout.JAVA_BYTE, at);
            }
            if (sum == Integer.MIN_VALUE) {
                throw new IllegalStateException("keeps the loop");
            }
        }
    }
}
