package dev.earshot.segmentation.moca;

import dev.earshot.segmentation.ClipFrame;
import dev.earshot.segmentation.ClipStream;
import dev.earshot.segmentation.internal.Ahead;
import dev.earshot.segmentation.internal.StageClock;
import java.util.List;

/**
 * Decodes and preprocesses a clip, batch by batch, into the inputs it is given in turn: each is written again once as many
 * others were handed out since. Runs on the thread of an {@link Ahead}.
 */
final class FrameReader implements Ahead.Source<FrameInputs> {
    private final ClipStream stream;
    private final int batch;
    private final List<FrameInputs> turns;
    private final StageClock clock;
    private int next;

    FrameReader(ClipStream stream, List<FrameInputs> turns, int batch, StageClock clock) {
        this.stream = stream;
        this.batch = batch;
        this.turns = turns;
        this.clock = clock;
    }

    @Override
    public FrameInputs next() {
        FrameInputs inputs = turns.get(next++ % turns.size());
        inputs.clear();
        while (inputs.frames().size() < batch) {
            long started = System.nanoTime();
            ClipFrame frame = stream.hasNext() ? stream.next() : null;
            clock.add("decode", System.nanoTime() - started);
            if (frame == null) {
                break;
            }
            long before = inputs.preprocessNanos();
            inputs.add(frame);
            clock.add("preprocess", inputs.preprocessNanos() - before);
        }
        return inputs.isEmpty() ? null : inputs;
    }

    @Override
    public void stop() {
        stream.stop();
    }

    @Override
    public void close() {
        stream.close();
    }
}
