package dev.earshot.segmentation.moca;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.earshot.models.adaav.FeatureNorm;
import dev.earshot.models.imagebind.ImageBind;
import dev.earshot.segmentation.BinaryMask;
import dev.earshot.segmentation.ClipFrame;
import dev.earshot.segmentation.SegmentedFrame;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.Backends;
import dev.earshot.tensor.DType;
import java.lang.foreign.Arena;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/** What a frame of a long clip leaves to the garbage collector, on all threads. */
class SteadyFrameTest {
    /** Wide, so that anything of the picture's or a network's size shows. */
    private static final ClipFrame FRAME = FrameInputsTest.frame(1, 640, 480, true);

    /** The records around the memory that is used again. */
    private static final long PREPARING_BYTES = 1024;

    /** The mask's words. */
    private static final long MASK_BYTES = 640 * 480 / 8;

    /** Regions, labels, times and the records around them; what the backend's calls make of shapes and lists: some 15 kB. */
    private static final long OUTLINING_BYTES = 20 * 1024;

    @Test
    void preparingAFrameLeavesNoGarbageOfItsSize() {
        try (Arena arena = Arena.ofConfined()) {
            FrameInputs inputs = new FrameInputs(TinyModel.settings(1), arena);
            List<ClipFrame> batch = List.of(FRAME);
            long bytes = leastBytes(() -> inputs.with(batch));
            assertTrue(bytes <= PREPARING_BYTES, bytes + " bytes");
        }
    }

    @Test
    void outliningAFrameLeavesItsResultAndLittleElse() {
        MocaSettings settings = TinyModel.settings(1);
        try (Backend backend = Backends.open("cpu");
                ImageBind model = ImageBind.load(backend, TinyModel.weights().imageBind(), DType.F32);
                Arena arena = Arena.ofConfined();
                Moca moca = new Moca(
                        AudioVisualEncoder.frozen(model, FeatureNorm.HEAD, Optional.of(settings.kMeans())),
                        new FeatureClustering(backend, settings.kMeans(), settings.scope()),
                        settings,
                        Optional.empty(),
                        Optional.empty())) {
            FrameInputs inputs = new FrameInputs(settings, arena).with(List.of(FRAME));
            BinaryMask mask = only(moca.segment(inputs));
            long bytes = leastBytes(() -> moca.segment(inputs));
            assertEquals(mask, only(moca.segment(inputs)));
            assertTrue(bytes <= MASK_BYTES + OUTLINING_BYTES, bytes + " bytes");
        }
    }

    private static BinaryMask only(List<SegmentedFrame> frames) {
        return frames.getFirst().result().mask();
    }

    /** Of many runs, since the JVM itself allocates while it compiles. */
    private static long leastBytes(Supplier<?> frame) {
        var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
        long least = Long.MAX_VALUE;
        for (int attempt = 0; attempt < 60; attempt++) {
            long before = threads.getTotalThreadAllocatedBytes();
            if (frame.get() == null) {
                throw new IllegalStateException("no result");
            }
            least = Math.min(least, threads.getTotalThreadAllocatedBytes() - before);
        }
        return least;
    }
}
