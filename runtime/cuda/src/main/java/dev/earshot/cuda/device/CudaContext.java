package dev.earshot.cuda.device;

import dev.earshot.bindings.cuda.cuda;
import dev.earshot.cuda.CudaException;
import dev.earshot.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Map;

/**
 * A card's primary context, which JCuda, the FFM calls, cuBLASLt and cuDNN share, with the one queue through which all work
 * goes, the memory pool and the kernels. One thread at a time; the context is made current on the thread that calls.
 */
public final class CudaContext implements AutoCloseable {
    private final Arena arena = Arena.ofShared();
    private final Driver driver;
    private final CudaDevice device;
    private final CudaOptions options;
    private final int handle;
    private final MemorySegment primary;
    private final DevicePool pool;
    private final Queue queue;
    private final KernelModules modules;
    private final Transfers transfers;
    private Thread current;
    private boolean closed;

    /**
     * Opens a card; the driver's library is loaded.
     *
     * @param ordinal its number, from 0
     */
    public CudaContext(int ordinal, CudaOptions options) {
        this.options = options;
        this.driver = new Driver(arena);
        driver.init();
        this.handle = driver.device(ordinal);
        this.device = describe(driver, ordinal, handle);
        this.primary = driver.retainPrimaryContext(handle);
        try {
            makeCurrent();
            MemorySegment stream = driver.createStream();
            this.pool = new DevicePool(driver, handle, options.memoryLimit(), stream);
            this.queue = new Queue(this, driver, stream, pool, arena);
            this.modules = new KernelModules(this);
            this.transfers = new Transfers(this);
        } catch (RuntimeException e) {
            driver.releasePrimaryContext(handle);
            arena.close();
            throw e;
        }
    }

    /** What the card of a device handle is. */
    static CudaDevice describe(Driver driver, int ordinal, int handle) {
        return new CudaDevice(
                ordinal,
                driver.deviceName(handle),
                driver.attribute(cuda.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR(), handle),
                driver.attribute(cuda.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR(), handle),
                driver.attribute(cuda.CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT(), handle),
                driver.attribute(cuda.CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN(), handle),
                driver.totalMemory(handle),
                driver.version());
    }

    /** What the card is. */
    public CudaDevice device() {
        return device;
    }

    /** The settings of this backend. */
    public CudaOptions options() {
        return options;
    }

    /** The one place through which work is given to the device. */
    public Queue queue() {
        return queue;
    }

    /** Copies between host and device. */
    public Transfers transfers() {
        return transfers;
    }

    DevicePool pool() {
        return pool;
    }

    Driver driver() {
        return driver;
    }

    /**
     * A kernel function.
     *
     * @param module stem of its {@code .cu} file
     * @param name its C name
     */
    public Kernel kernel(String module, String name) {
        return new Kernel(modules, module, name);
    }

    /**
     * Device address of the first element of {@code x}.
     *
     * @throws IllegalArgumentException if it does not live on this device
     */
    public long address(Tensor x) {
        return DeviceTensors.address(this, x);
    }

    /**
     * Records what {@code ops} issues and makes it a program.
     *
     * @param owner runs the program's calls by the backend's rules
     */
    public DeviceProgram capture(Runnable ops, DeviceProgram.Owner owner) {
        queue.startRecording();
        Queue.Recording recording;
        boolean complete = false;
        try {
            ops.run();
            complete = true;
        } finally {
            recording = queue.stopRecording();
            if (!complete) {
                recording.release();
            }
        }
        try {
            return new DeviceProgram(this, recording, owner);
        } catch (RuntimeException e) {
            recording.release();
            throw e;
        }
    }

    /** Makes the context current on the calling thread, which any thread but the last caller needs. */
    public void makeCurrent() {
        Thread thread = Thread.currentThread();
        if (thread != current) {
            if (thread.isVirtual()) {
                throw new IllegalStateException(
                        "%s: expected a platform thread, got the virtual thread %s — the current context belongs to an OS thread"
                                .formatted(this, thread));
            }
            driver.setCurrent(primary);
            current = thread;
        }
    }

    /** As {@link #makeCurrent}, for giving resources back, which must not fail on a device that is unusable. */
    public void releaseCurrent() {
        if (isUsable()) {
            makeCurrent();
        }
    }

    /** False after an error that leaves the device unusable. */
    boolean isUsable() {
        return driver.isUsable();
    }

    /** Bytes of device memory in use. */
    public long usedBytes() {
        return pool.usedBytes();
    }

    /** Bytes of device memory in use by what they are for. */
    public Map<String, Long> usedBytesByPurpose() {
        return pool.usedBytesByPurpose();
    }

    /** Most bytes of device memory in use since the context was opened, or since {@link #restartPeak}. */
    public long peakBytes() {
        return pool.peakBytes();
    }

    /** Looks for the peak from now on. */
    public void restartPeak() {
        pool.restartPeak();
    }

    /** Bytes of the card that nobody has taken; the context must be current. */
    public long freeBytes() {
        return driver.freeMemory();
    }

    /** Driver calls so far, those that libraries make left out. */
    public long driverCalls() {
        return driver.calls();
    }

    /** Calls of cuBLASLt and cuDNN that put work on the stream, so far. */
    public long libraryCalls() {
        return driver.libraryCalls();
    }

    /** The exception for a status of a driver call; remembers it if the device is unusable from now on. */
    public CudaException failure(String call, int status) {
        return driver.failure(call, status);
    }

    /** As {@link #failure}, for a status of which JCuda tells only the name. */
    CudaException failureNamed(String call, String statusName) {
        return driver.failure(call, driver.statusNamed(statusName));
    }

    /** Fails if an earlier error made the device unusable. */
    public void ensureUsable(String call) {
        driver.ensureUsable(call);
    }

    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        if (driver.isUsable()) {
            makeCurrent();
            queue.close();
            transfers.close();
            modules.close();
            pool.close();
        }
        driver.releasePrimaryContext(handle);
        arena.close();
    }

    /** For example {@code cuda:0}. */
    @Override
    public String toString() {
        return options.name() + ":" + device.ordinal();
    }
}
