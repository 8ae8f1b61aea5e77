package dev.earshot.models.sam;

import dev.earshot.tensor.Backend;
import dev.earshot.tensor.Program;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.Workspace;
import java.util.Arrays;
import java.util.LinkedHashMap;

/**
 * Captured passes by shape, the least recently used giving way. All of them share one workspace, since only one is ever
 * under way: it is as large as the largest pass so far, and growing it (at most once per power of two) captures anew.
 */
final class DecodingPasses implements AutoCloseable {
    /** Five sizes of each of three kinds of prompt; a pass is some hundred kilobytes of descriptors. */
    private static final int MAX_PASSES = 16;

    private final SamDecoder decoder;
    private final PassMemory memory;
    private final LinkedHashMap<PassShape, Pass> captured = new LinkedHashMap<>(16, 0.75f, true);
    private Workspace workspace;
    private long planned;

    DecodingPasses(SamDecoder decoder, PassMemory memory) {
        this.decoder = decoder;
        this.memory = memory;
    }

    /** Bytes held. */
    long bytes() {
        return workspace == null ? 0 : workspace.capacityBytes();
    }

    /** Decodes all prompts against the current image. */
    void run(SamPrompts prompts, boolean multimask, SamSink sink) {
        PassShape all = PassShape.of(decoder, prompts, prompts.count(), multimask);
        for (int first = 0; first < prompts.count(); ) {
            int batch = memory.prompts(all, prompts.count() - first);
            Pass pass = pass(PassShape.of(decoder, prompts, batch, multimask));
            float[] iou = pass.run(prompts, first);
            sink.accept(first, pass.logits, iou);
            first += batch;
        }
    }

    private Pass pass(PassShape shape) {
        Pass known = captured.get(shape);
        if (known != null) {
            return known;
        }
        long needed = memory.bytes(shape);
        if (workspace == null || needed > planned) {
            close();
            workspace = decoder.backend().workspace(needed);
            planned = needed;
        }
        if (captured.size() == MAX_PASSES) {
            captured.remove(captured.firstEntry().getKey()).close();
        }
        Pass pass = new Pass(shape);
        captured.put(shape, pass);
        return pass;
    }

    @Override
    public void close() {
        captured.values().forEach(Pass::close);
        captured.clear();
        if (workspace != null) {
            workspace.close();
            workspace = null;
        }
    }

    /** One shape of pass; its first run captures. */
    private final class Pass {
        private final PassShape shape;
        private PassInputs inputs;
        private PassForward forward;
        private SamMaskDecoder.Attended attended;
        private Tensor logits;
        private Program attend;
        private Program render;

        Pass(PassShape shape) {
            this.shape = shape;
        }

        /**
         * Runs the pass on the prompts from {@code first} on.
         *
         * @return predicted IoU of the masks, [B M]
         */
        float[] run(SamPrompts prompts, int first) {
            return render == null ? capture(prompts, first) : replay(prompts, first);
        }

        /**
         * The frame gives the memory back to the other passes at once; its close verifies the guard bytes of tests, which
         * replays write over.
         */
        private float[] capture(SamPrompts prompts, int first) {
            Backend backend = decoder.backend();
            workspace.reset();
            try (Workspace.Frame _ = workspace.frame()) {
                inputs = PassInputs.allocate(workspace, decoder, shape);
                forward = new PassForward(decoder, inputs, decoder.current());
                inputs.fill(prompts, first);
                attend = backend.capture(b -> attended = forward.attend(b, workspace, SamObserver.NONE));
                float[] iou = choose(backend.download(attended.iou()));
                render = backend.capture(b -> logits = forward.render(b, workspace, attended));
                return iou;
            } finally {
                if (render == null) {
                    close();
                    captured.remove(shape);
                }
            }
        }

        private float[] replay(SamPrompts prompts, int first) {
            inputs.fill(prompts, first);
            attend.run();
            float[] iou = choose(decoder.backend().download(attended.iou()));
            render.run();
            return iou;
        }

        /** The predicted IoU of the masks that are returned, of those [B, maskTokens] of all mask tokens. */
        private float[] choose(float[] all) {
            int tokens = decoder.sizes().maskTokens();
            MaskChoice choice = MaskChoice.of(shape.multimask(), decoder.sizes());
            if (!decoder.isHighQuality()) {
                float[] chosen = new float[shape.batch() * choice.count()];
                for (int i = 0; i < shape.batch(); i++) {
                    System.arraycopy(all, i * tokens + choice.from(), chosen, i * choice.count(), choice.count());
                }
                return chosen;
            }
            float[] best = new float[shape.batch()];
            int[] mask = new int[shape.batch()];
            Arrays.fill(best, Float.NEGATIVE_INFINITY);
            for (int i = 0; i < shape.batch(); i++) {
                for (int m = 0; m < choice.count(); m++) {
                    float iou = all[i * tokens + choice.from() + m];
                    if (m == 0 || iou > best[i]) { // the first on a tie
                        best[i] = iou;
                        mask[i] = m;
                    }
                }
            }
            inputs.choose(mask);
            return best;
        }

        void close() {
            if (attend != null) {
                attend.close();
            }
            if (render != null) {
                render.close();
            }
        }
    }
}
