package dev.earshot.tools;

import dev.earshot.models.ForwardSession;
import dev.earshot.models.imagebind.AudioConfig;
import dev.earshot.models.imagebind.ImageBind;
import dev.earshot.models.imagebind.ImageBindConfig;
import dev.earshot.models.imagebind.VisionConfig;
import dev.earshot.models.vit.VitConfig;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.Backends;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.HostTensor;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.weights.Weights;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * What a process must do once before its first forward pass on the CPU, done beside the reading of the command line and the
 * look at the video: the library is loaded and the calls into it are linked by running a network of a few numbers. Nothing
 * of it is kept and nothing depends on it.
 */
final class WarmUp {
    /** Commands that a user waits for and that always run networks. */
    private static final List<String> COMMANDS = List.of("segment", "sam");

    private static final int SIDE = 14;
    private static final int WIDTH = 16;

    /** One block each, one head: every kind of call of a forward pass comes once. */
    private static final ImageBindConfig TINY = new ImageBindConfig(
            new VisionConfig(new VitConfig(SIDE, SIDE, WIDTH, 1, 1, WIDTH, ImageBindConfig.LAYER_NORM_EPS), WIDTH),
            new AudioConfig(16, AudioConfig.STRIDE, 1, WIDTH, 1, 1, WIDTH, WIDTH));

    private WarmUp() {}

    /** Starts it if {@code args} will run networks on the CPU. */
    static void beside(String... args) {
        if (args.length > 1 && COMMANDS.contains(args[0]) && !asksForCard(args)) {
            Thread.ofPlatform().daemon().name("earshot-warm-up").start(WarmUp::run);
        }
    }

    private static boolean asksForCard(String... args) {
        for (String arg : args) {
            if (arg.contains("cuda")) {
                return true;
            }
        }
        return Files.exists(Path.of("/dev/nvidiactl"));
    }

    private static void run() {
        try {
            pass();
        } catch (RuntimeException | LinkageError e) {
            // Whoever opens the backend in earnest gets the same failure and reports it.
            System.getLogger(WarmUp.class.getName()).log(System.Logger.Level.DEBUG, "warm-up", e);
        }
    }

    /** Loads and runs the network. */
    static void pass() {
        try (Backend backend = Backends.open("cpu:1");
                Weights weights = ImageBind.filler(TINY);
                ImageBind model = ImageBind.load(backend, weights, TINY, DType.F32);
                ForwardSession<Tensor> images = model.imageSession();
                ForwardSession<Tensor> sounds = model.audioSession()) {
            HostTensor image = HostTensor.of(new float[3 * SIDE * SIDE], 1, 3, SIDE, SIDE);
            backend.download(images.run(image));
            backend.download(sounds.run(HostTensor.of(new float[16 * 16], 1, 1, 16, 16)));
        }
    }
}
