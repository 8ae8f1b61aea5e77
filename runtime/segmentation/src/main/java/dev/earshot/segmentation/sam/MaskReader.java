package dev.earshot.segmentation.sam;

import dev.earshot.segmentation.BinaryMask;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.HostTensor;
import dev.earshot.tensor.MaskResize;
import dev.earshot.tensor.Shape;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.Workspace;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads masks off the logits of one decoding pass: first what is asked of all of them, then the pixels of the chosen ones, a few
 * at a time. Full-size logits are never made. Owns a workspace of at most the logits of a pass and 32 MiB of
 * masks (or one mask). One thread at a time.
 */
public final class MaskReader implements AutoCloseable {
    /** Masks that are brought over at once. */
    private static final long BYTES = 32 << 20;

    private static final int MEASURES = 7;

    private final Backend backend;
    private final Workspace workspace;
    private final long bytes;

    /** Takes a mask. */
    @FunctionalInterface
    public interface Sink {
        /** Mask number {@code index} of those chosen. */
        void accept(int index, BinaryMask mask);
    }

    /** Reads on {@code backend}; close it afterwards. */
    public MaskReader(Backend backend) {
        this(backend, BYTES);
    }

    MaskReader(Backend backend, long bytes) {
        this.backend = backend;
        this.workspace = backend.workspace(0);
        this.bytes = bytes;
    }

    /**
     * Measures masks.
     *
     * @param logits F32 [N, h, w], contiguous
     * @param threshold of the mask
     * @param offset how much is added and subtracted for {@link MaskMeasure#stability}
     */
    public List<MaskMeasure> measure(Tensor logits, MaskResize resize, float threshold, float offset) {
        int count = Math.toIntExact(logits.dim(0));
        if (count == 0) {
            return List.of();
        }
        long[] numbers;
        try (Workspace.Frame _ = workspace.frame()) {
            Tensor out = workspace.allocate(DType.I32, count, MEASURES);
            backend.measureMasks(logits, resize, threshold, offset, out);
            numbers = backend.downloadIntegers(out);
        }
        List<MaskMeasure> measures = new ArrayList<>(count);
        for (int at = 0; at < numbers.length; at += MEASURES) {
            MaskBox box = new MaskBox(
                    (int) numbers[at + 3], (int) numbers[at + 4], (int) numbers[at + 5], (int) numbers[at + 6]);
            measures.add(new MaskMeasure((int) numbers[at], (int) numbers[at + 1], (int) numbers[at + 2], box));
        }
        return measures;
    }

    /**
     * Makes the chosen masks, as many at once as fit.
     *
     * @param logits F32 [N, h, w], contiguous
     * @param chosen which of the N, in the order in which {@code sink} gets them
     */
    public void read(Tensor logits, int[] chosen, MaskResize resize, float threshold, Sink sink) {
        int words = resize.words();
        int atOnce = Math.clamp(bytes / (8L * words), 1, Math.max(1, chosen.length));
        for (int from = 0; from < chosen.length; from += atOnce) {
            int count = Math.min(atOnce, chosen.length - from);
            long[] bits = bits(logits, java.util.Arrays.copyOfRange(chosen, from, from + count), resize, threshold);
            for (int i = 0; i < count; i++) {
                long[] one = count == 1 ? bits : java.util.Arrays.copyOfRange(bits, i * words, (i + 1) * words);
                sink.accept(from + i, BinaryMask.ofWords(resize.width(), resize.height(), one));
            }
        }
    }

    private long[] bits(Tensor logits, int[] rows, MaskResize resize, float threshold) {
        try (Workspace.Frame _ = workspace.frame()) {
            HostTensor numbers = new HostTensor(MemorySegment.ofArray(rows), DType.I32, Shape.of(rows.length));
            Tensor chosen = backend.upload(workspace, numbers, DType.I32);
            Tensor out = workspace.allocate(DType.I64, rows.length, resize.words());
            backend.maskBits(logits, chosen, resize, threshold, out);
            return backend.downloadIntegers(out);
        }
    }

    /**
     * Runs {@code use} on the chosen rows of {@code logits} alone: on a view if they follow each other, else on a copy that is
     * gone afterwards.
     */
    void withRows(Tensor logits, int[] rows, java.util.function.Consumer<Tensor> use) {
        int last = rows.length - 1;
        if (rows.length == 0 || rows[last] - rows[0] == last) {
            use.accept(rows.length == 0 ? logits.slice(0, 0, 0) : logits.slice(0, rows[0], rows[last] + 1L));
            return;
        }
        try (Workspace.Frame _ = workspace.frame()) {
            Tensor gathered = workspace.allocate(DType.F32, rows.length, logits.dim(1), logits.dim(2));
            for (int i = 0; i < rows.length; ) {
                int end = i + 1;
                while (end < rows.length && rows[end] == rows[end - 1] + 1) {
                    end++;
                }
                backend.copy(logits.slice(0, rows[i], rows[i] + (long) (end - i)), gathered.slice(0, i, end));
                i = end;
            }
            use.accept(gathered);
        }
    }

    /** Frees the workspace. */
    @Override
    public void close() {
        workspace.close();
    }
}
