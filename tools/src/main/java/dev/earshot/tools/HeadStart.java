package dev.earshot.tools;

import dev.earshot.segmentation.Clip;
import dev.earshot.segmentation.ClipFrame;
import dev.earshot.segmentation.image.RgbImage;
import dev.earshot.segmentation.moca.MocaSegmenter;
import dev.earshot.segmentation.moca.MocaSettings;
import dev.earshot.tools.segment.WeightsInUse;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/**
 * The networks of a plain {@code segment}, loaded and run once over a made-up frame while the command line is still being
 * read. Which options it may rest on is a guess from the words alone; the command takes it over only if the options as read
 * ask for just this, and closes it if not.
 */
final class HeadStart {
    /** Options that change nothing about the networks. */
    private static final Set<String> HARMLESS =
            Set.of("--out", "--fps", "--audio", "--json", "--quiet", "--timings", "--masks-only");

    private static final int SIDE = 32;

    private static volatile CompletableFuture<Networks> begun;

    private HeadStart() {}

    /** Begins it if {@code args} look plain. */
    static boolean begin(String... args) {
        if (!isPlain(args)) {
            return false;
        }
        CompletableFuture<Networks> networks = new CompletableFuture<>();
        begun = networks;
        Thread.ofPlatform().daemon().name("earshot-head-start").start(() -> {
            try {
                networks.complete(ready());
            } catch (RuntimeException | Error e) {
                networks.completeExceptionally(e);
            }
        });
        return true;
    }

    static boolean isPlain(String... args) {
        if (args.length < 2 || !args[0].equals("segment")) {
            return false;
        }
        for (String arg : args) {
            if (arg.startsWith("-") && !HARMLESS.contains(arg.split("=", 2)[0])) {
                return false;
            }
        }
        return true;
    }

    /**
     * The networks that were begun, if there are any and {@code model} and {@code plan} ask for the same; the caller's.
     * Fails as opening them would have.
     */
    static Optional<Networks> take(ModelOptions model, MethodPlan plan) {
        CompletableFuture<Networks> networks = begun;
        begun = null;
        if (networks == null) {
            return Optional.empty();
        }
        if (!model.plain() || !isPlain(plan)) {
            networks.thenAccept(Networks::close);
            return Optional.empty();
        }
        try {
            return Optional.of(networks.join());
        } catch (CompletionException e) {
            if (e.getCause() instanceof Error error) {
                throw error;
            }
            throw (RuntimeException) e.getCause();
        }
    }

    private static boolean isPlain(MethodPlan plan) {
        return plan.method() == SegmentationMethod.MOCA
                && plan.proposals() == ProposalSource.NONE
                && plan.moca().equals(MocaSettings.DEFAULT);
    }

    /** Loads, and makes and runs every pass and loop once. */
    static Networks ready() {
        Networks networks = Networks.open(
                DeviceName.AUTO.open(Precision.FP32),
                () -> WeightsInUse.open(Optional.empty(), Optional.empty()),
                (backend, files) -> new MethodPlan.Opened(
                        new MocaSegmenter(backend, files.weights(), MocaSettings.DEFAULT, Optional.empty()),
                        Optional.empty()));
        try {
            networks.method().segmenter().segment(List.of(madeUp()));
            return networks;
        } catch (RuntimeException | Error e) {
            networks.close();
            throw e;
        }
    }

    /** Four plain fields, which cluster at once, and a second of noise: nothing of the way takes them for empty. */
    private static ClipFrame madeUp() {
        byte[] pixels = new byte[3 * SIDE * SIDE];
        for (int i = 0; i < SIDE * SIDE; i++) {
            int field = i / SIDE * 2 / SIDE * 2 + i % SIDE * 2 / SIDE;
            pixels[3 * i + field % 3] = (byte) (255 - 60 * field);
        }
        float[] sound = new float[Clip.SAMPLE_RATE_HZ];
        Random random = new Random(0);
        for (int i = 0; i < sound.length; i++) {
            sound[i] = random.nextFloat() - 0.5f;
        }
        return new ClipFrame(0, 0, new RgbImage(SIDE, SIDE, pixels), sound);
    }
}
