package dev.earshot.cuda.device;

import dev.earshot.tensor.Program;
import dev.earshot.tensor.internal.LeakRegistry;
import java.lang.foreign.MemorySegment;

/**
 * A captured sequence of ops as one CUDA graph, replayed by one launch. The ops ran once while their steps were recorded,
 * so kernels are loaded, library plans made and scratch memory taken by then; the graph is made from the steps alone, on a
 * stream of its own, which is why no op can be in the way of stream capture.
 */
public final class DeviceProgram implements Program {
    private final CudaContext context;
    private final Owner owner;
    private final Queue.Recording recording;
    private final MemorySegment executable;
    private final LeakRegistry.Handle leak = LeakRegistry.track("cuda program");
    private final Runnable launch = this::launch;
    private boolean closed;

    /** The backend whose ops a program replays. */
    public interface Owner {
        /** Runs a call as the backend's one thread, on a device that is open and usable. */
        void run(String call, Runnable body);

        /** Gives resources back as the backend's one thread, whatever the device's state; once per program. */
        void release(Runnable body);
    }

    DeviceProgram(CudaContext context, Queue.Recording recording, Owner owner) {
        this.context = context;
        this.recording = recording;
        this.owner = owner;
        this.executable = recording.steps().isEmpty() ? MemorySegment.NULL : instantiate();
    }

    private MemorySegment instantiate() {
        Driver driver = context.driver();
        MemorySegment stream = driver.createStream();
        try {
            driver.beginCapture(stream);
            boolean complete = false;
            try {
                recording.steps().forEach(step -> step.issue(stream));
                complete = true;
            } finally {
                if (!complete) {
                    driver.abandonCapture(stream);
                }
            }
            return driver.instantiate(driver.endCapture(stream));
        } finally {
            driver.destroyStream(stream);
        }
    }

    @Override
    public void run() {
        owner.run("program run", launch);
    }

    private void launch() {
        if (closed) {
            throw new IllegalStateException("program: run after close");
        }
        if (steps() > 0) {
            context.driver().launchGraph(executable, context.queue().stream());
        }
    }

    @Override
    public int steps() {
        return recording.steps().size();
    }

    @Override
    public void close() {
        if (closed) {
            return;
        }
        owner.release(() -> {
            closed = true;
            if (steps() > 0 && context.driver().isUsable()) {
                context.driver().synchronize(context.queue().stream());
                context.driver().destroyGraph(executable);
            }
            recording.release();
            leak.closed();
        });
    }
}
