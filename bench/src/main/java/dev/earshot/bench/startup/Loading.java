package dev.earshot.bench.startup;

import dev.earshot.models.ForwardSession;
import dev.earshot.models.imagebind.ImageBind;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.Backends;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.HostTensor;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.internal.NativeMemory;
import dev.earshot.tensor.weights.Weights;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * One file of weights from a warm page cache, several ways that stand beside each other, each on as many threads as the
 * backend has: read and thrown away, copied to fresh memory, touched page by page in a fresh mapping, and made ready for
 * products.
 */
final class Loading {
    private static final int PAGE = 4096;

    private Loading() {}

    /**
     * Gigabytes per second of each, and what follows the loading.
     *
     * @param read {@link java.nio.channels.FileChannel} into buffers that stay in the cache
     * @param copy from a mapping to the memory of packed weights, which nobody touched before: the least that keeping the weights costs
     * @param touch one byte of every page of a mapping
     * @param load {@link ImageBind#load}: mapped, packed by all workers
     * @param firstPassMillis the first picture after the loading
     */
    record Rates(double read, double copy, double touch, double load, double firstPassMillis) {}

    /** Measures once; the file should be in the page cache. */
    static Rates measure(Path file) throws IOException, InterruptedException {
        long bytes = Files.size(file);
        try (Ranges ranges = Ranges.of(file)) {
            double read = ranges.rate(ranges::read);
            double touch = ranges.rate(Loading::touch);
            double copy;
            try (NativeMemory fresh = NativeMemory.allocate(bytes)) {
                copy = ranges.rate((part, at) ->
                        MemorySegment.copy(part, 0, NativeMemory.ALL, fresh.address() + at, part.byteSize()));
            }
            try (Backend backend = Backends.open("cpu")) {
                long start = System.nanoTime();
                try (Weights weights = Weights.open(file);
                        ImageBind model = ImageBind.load(backend, weights, DType.F32);
                        ForwardSession<Tensor> session = model.imageSession()) {
                    long loaded = System.nanoTime();
                    int side = model.config().vision().vit().imageSize();
                    backend.download(session.run(HostTensor.of(new float[3 * side * side], 1, 3, side, side)));
                    double pass = (System.nanoTime() - loaded) / 1e6;
                    return new Rates(read, copy, touch, (double) bytes / (loaded - start), pass);
                }
            }
        }
    }

    private static void touch(MemorySegment part, long at) {
        int sum = 0;
        for (long i = 0; i < part.byteSize(); i += PAGE) {
            sum += part.get(ValueLayout.JAVA_BYTE, i);
        }
        if (sum == Integer.MIN_VALUE) {
            throw new IllegalStateException("keeps the loop");
        }
    }
}
