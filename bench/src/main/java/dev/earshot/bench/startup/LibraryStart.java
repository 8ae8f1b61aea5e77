package dev.earshot.bench.startup;

import dev.earshot.models.ForwardSession;
import dev.earshot.models.imagebind.ImageBind;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.Backends;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.HostTensor;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.weights.Weights;
import java.nio.file.Path;

/**
 * What an embedder's process does up to its first result: opens the CPU backend, loads a file of weights, embeds a picture.
 * Prints the milliseconds of each step; the parent measures the whole from the start of the process.
 */
final class LibraryStart {
    private LibraryStart() {}

    /** With the path of an ImageBind. */
    public static void main(String[] arguments) {
        long t0 = System.nanoTime();
        try (Backend backend = Backends.open("cpu")) {
            long opened = System.nanoTime();
            try (Weights weights = Weights.open(Path.of(arguments[0]));
                    ImageBind model = ImageBind.load(backend, weights, DType.F32);
                    ForwardSession<Tensor> session = model.imageSession()) {
                long loaded = System.nanoTime();
                int side = model.config().vision().vit().imageSize();
                HostTensor picture = HostTensor.of(new float[3 * side * side], 1, 3, side, side);
                float[] embedding = backend.download(session.run(picture));
                long done = System.nanoTime();
                if (!(Math.abs(embedding[0]) <= 1)) {
                    throw new IllegalStateException("expected a unit vector, got " + embedding[0]);
                }
                System.out.printf(
                        java.util.Locale.ROOT,
                        "%.1f %.1f %.1f%n",
                        (opened - t0) / 1e6,
                        (loaded - opened) / 1e6,
                        (done - loaded) / 1e6);
            }
        }
    }
}
