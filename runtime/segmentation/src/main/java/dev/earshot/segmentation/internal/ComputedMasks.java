package dev.earshot.segmentation.internal;

import dev.earshot.segmentation.ClipStream;
import dev.earshot.segmentation.MaskSource;
import dev.earshot.segmentation.SegmentedFrame;
import dev.earshot.segmentation.StageTimes;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;

/**
 * The stages of a clip in front of the writer: a thread reads ahead, whoever asks for results computes them from what was
 * read. So networks are only ever used by the thread that walks through the results.
 *
 * @param <T> what is read: frames, or batches of prepared frames
 */
public final class ComputedMasks<T> implements MaskSource {
    private final ClipStream stream;
    private final Ahead<T> input;
    private final Function<T, List<SegmentedFrame>> method;
    private final Runnable checkOpen;
    private final StageClock reading;
    private final StageClock computing = new StageClock();
    private final Runnable onClose;
    private final Deque<SegmentedFrame> ready = new ArrayDeque<>();
    private final AtomicBoolean closed = new AtomicBoolean();

    /**
     * Starts reading.
     *
     * @param stream what {@code source} reads
     * @param ahead how many items may lie ready
     * @param method computes the results of an item
     * @param checkOpen throws if the segmenter is closed
     * @param reading the clock of {@code source}
     * @param onClose called once, when the source has stopped
     */
    public ComputedMasks(
            ClipStream stream,
            int ahead,
            Ahead.Source<T> source,
            Function<T, List<SegmentedFrame>> method,
            Runnable checkOpen,
            StageClock reading,
            Runnable onClose) {
        this.stream = stream;
        this.method = method;
        this.checkOpen = checkOpen;
        this.reading = reading;
        this.onClose = onClose;
        this.input = new Ahead<>("earshot-decoder", ahead, source);
    }

    @Override
    public boolean hasNext() {
        if (ready.isEmpty()) {
            checkOpen.run();
        }
        while (ready.isEmpty() && input.hasNext()) {
            List<SegmentedFrame> results = method.apply(input.next());
            StageTimes aheadOfThis = reading.times();
            for (SegmentedFrame result : results) {
                result.result().times().nanos().forEach((part, nanos) -> {
                    if (!aheadOfThis.nanos().containsKey(part)) {
                        computing.add(part, nanos);
                    }
                });
            }
            ready.addAll(results);
        }
        if (ready.isEmpty()) {
            close();
        }
        return !ready.isEmpty();
    }

    @Override
    public SegmentedFrame next() {
        if (!hasNext()) {
            throw new NoSuchElementException("masks: no more frames");
        }
        return ready.remove();
    }

    @Override
    public List<String> notes() {
        return stream.notes();
    }

    @Override
    public StageTimes decoding() {
        return reading.times();
    }

    @Override
    public StageTimes computing() {
        return computing.times();
    }

    boolean isClosed() {
        return closed.get();
    }

    @Override
    public void close() {
        if (closed.compareAndSet(false, true)) {
            input.close();
            onClose.run();
        }
    }
}
