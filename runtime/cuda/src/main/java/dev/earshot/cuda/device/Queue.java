package dev.earshot.cuda.device;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;

/**
 * The one place through which work is given to the device: in order, on one stream. What is issued runs at once and, while
 * a program is being captured, is kept as a {@link Step} too. Issuing allocates nothing outside a capture.
 */
public final class Queue {
    private final CudaContext context;
    private final Driver driver;
    private final MemorySegment stream;
    private final Launch launch;
    private final ScratchMemory scratch;
    private Recording recording;

    /** A piece of captured work, to be issued again. */
    @FunctionalInterface
    interface Step {
        void issue(MemorySegment stream);
    }

    /** The steps of a program with the memory of their arguments and the plans that they need. */
    record Recording(List<Step> steps, Arena arena, Set<LibraryPlan> plans) {
        static Recording start() {
            return new Recording(
                    new ArrayList<>(), Arena.ofShared(), Collections.newSetFromMap(new IdentityHashMap<>()));
        }

        void hold(LibraryPlan plan) {
            if (plans.add(plan)) {
                plan.hold();
            }
        }

        /** Gives everything back. */
        void release() {
            arena.close();
            plans.forEach(LibraryPlan::letGo);
        }
    }

    Queue(CudaContext context, Driver driver, MemorySegment stream, DevicePool pool, Arena arena) {
        this.context = context;
        this.driver = driver;
        this.stream = stream;
        this.launch = new Launch(this, context, arena);
        this.scratch = new ScratchMemory(pool);
    }

    /** The stream, a {@code CUstream}. */
    public MemorySegment stream() {
        return stream;
    }

    /** Starts an op: the scratch memory of the one before is free again. */
    public void beginOp() {
        scratch.reset();
    }

    /** Starts a kernel launch; there is one at a time. */
    public Launch launch(Kernel kernel) {
        return launch.begin(kernel);
    }

    void launched(Kernel kernel, int gridX, int gridY, int gridZ, int block, int sharedBytes) {
        MemorySegment function = kernel.handle();
        driver.launch(function, gridX, gridY, gridZ, block, sharedBytes, stream, kernel.arguments(launch));
        if (recording != null) {
            MemorySegment kept = launch.copyArguments(recording.arena);
            recording.steps.add(to -> driver.launch(function, gridX, gridY, gridZ, block, sharedBytes, to, kept));
        }
    }

    /** Copies between device addresses that do not overlap. */
    public void copy(long to, long from, long bytes) {
        issue(on -> driver.copy(to, from, bytes, on));
    }

    /** Sets bytes. */
    public void fill(long address, long bytes, int value) {
        issue(on -> driver.fill(address, (byte) value, bytes, on));
    }

    /** Lets a library put work on the stream; a program that is being captured holds {@code plan}, which the work needs. */
    public void call(LibraryPlan plan, LibraryCall call) {
        if (recording != null) {
            recording.hold(plan);
        }
        driver.libraryCalled();
        issue(call::run);
    }

    private void issue(Step step) {
        step.issue(stream);
        if (recording != null) {
            recording.steps.add(step);
        }
    }

    /**
     * Device memory for use within the current op, aligned to 256 bytes; contents are undefined. Its address stays valid for
     * captured programs.
     */
    public long scratch(long bytes) {
        return scratch.allocate(bytes);
    }

    /** True while a program is being captured. */
    public boolean isRecording() {
        return recording != null;
    }

    void startRecording() {
        recording = Recording.start();
    }

    Recording stopRecording() {
        Recording complete = recording;
        recording = null;
        return complete;
    }

    /** Waits for everything issued so far. */
    public void synchronize() {
        context.makeCurrent();
        driver.synchronize(stream);
    }

    void close() {
        driver.synchronize(stream);
        scratch.close();
        driver.synchronize(stream);
        driver.destroyStream(stream);
    }
}
