package dev.earshot.cuda.device;

import dev.earshot.bindings.cuda.cuda;
import dev.earshot.cuda.CudaException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * The driver calls of this backend with Java types and statuses turned into exceptions. Handles are opaque pointers; device
 * addresses are longs that do not leave this module. Remembers the first error that makes the device unusable, after
 * which {@link #check} refuses everything. One thread at a time: out-parameters share one piece of memory.
 */
final class Driver {
    static final int OUT_OF_MEMORY = 2;

    /** Statuses up to here concern one call; above, most leave the context unusable. */
    private static final int FIRST_STICKY = 700;

    private static final int LAUNCH_OUT_OF_RESOURCES = 701;
    private static final int NOT_PERMITTED = 800;
    private static final int CAPTURE_FIRST = 900;
    private static final int CAPTURE_LAST = 912;
    private static final int UNKNOWN = 999;
    private static final int DEVICE_UNAVAILABLE = 46;
    private static final int ECC_UNCORRECTABLE = 214;

    private final MemorySegment out;
    private CudaException first;
    private long calls;
    private long libraryCalls;

    Driver(Arena arena) {
        this.out = arena.allocate(64, 16);
    }

    /** Throws if {@code status} is an error; {@code call} is the function's name, {@code detail} its sizes. */
    void check(String call, int status, String detail) {
        if (status != 0) {
            throw failure(call + (detail.isEmpty() ? "" : " of " + detail), status);
        }
    }

    private void check(String call, int status) {
        calls++;
        if (status != 0) {
            throw failure(call, status);
        }
    }

    /** The exception for a status; remembers the first one after which the device is unusable. */
    CudaException failure(String call, int status) {
        if (first != null) {
            return unusable(call);
        }
        CudaException failure =
                new CudaException("%s: %s (%d), %s".formatted(call, name(status), status, text(status)), status);
        boolean capture = status >= CAPTURE_FIRST && status <= CAPTURE_LAST;
        boolean later = status >= FIRST_STICKY && status != LAUNCH_OUT_OF_RESOURCES && status < NOT_PERMITTED;
        if (!capture && (later || status == UNKNOWN || status == ECC_UNCORRECTABLE || status == DEVICE_UNAVAILABLE)) {
            first = failure;
        }
        return failure;
    }

    /** Fails if an earlier error made the device unusable. */
    void ensureUsable(String call) {
        if (first != null) {
            throw unusable(call);
        }
    }

    private CudaException unusable(String call) {
        return new CudaException(
                "%s: the device is unusable since an earlier error — close the backend and open it anew in a new process: %s"
                        .formatted(call, first.getMessage()),
                first);
    }

    boolean isUsable() {
        return first == null;
    }

    /** Calls made so far, those of libraries left out. */
    long calls() {
        return calls;
    }

    /** Notes that a library was called, which calls the driver by itself. */
    void libraryCalled() {
        libraryCalls++;
    }

    /** Calls of libraries that put work on a stream so far. */
    long libraryCalls() {
        return libraryCalls;
    }

    /** The number of a status, {@value #UNKNOWN} if the driver has none of that name. */
    int statusNamed(String name) {
        for (int status = 1; status < UNKNOWN; status++) {
            if (name(status).equals(name)) {
                return status;
            }
        }
        return UNKNOWN;
    }

    private String name(int status) {
        int unknown = cuda.cuGetErrorName(status, out);
        return unknown != 0 ? "unknown status" : string(out.get(ValueLayout.ADDRESS, 0));
    }

    private String text(int status) {
        int unknown = cuda.cuGetErrorString(status, out);
        return unknown != 0 ? "no description" : string(out.get(ValueLayout.ADDRESS, 0));
    }

    @SuppressWarnings("restricted") // a C string ends where it ends
    private static String string(MemorySegment address) {
        return address.reinterpret(Integer.MAX_VALUE).getString(0);
    }

    int version() {
        check("cuDriverGetVersion", cuda.cuDriverGetVersion(out));
        return out.get(ValueLayout.JAVA_INT, 0);
    }

    void init() {
        check("cuInit", cuda.cuInit(0));
    }

    int deviceCount() {
        check("cuDeviceGetCount", cuda.cuDeviceGetCount(out));
        return out.get(ValueLayout.JAVA_INT, 0);
    }

    int device(int ordinal) {
        check("cuDeviceGet", cuda.cuDeviceGet(out, ordinal));
        return out.get(ValueLayout.JAVA_INT, 0);
    }

    String deviceName(int device) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment name = arena.allocate(256);
            check("cuDeviceGetName", cuda.cuDeviceGetName(name, 256, device));
            return name.getString(0);
        }
    }

    int attribute(int attribute, int device) {
        check("cuDeviceGetAttribute", cuda.cuDeviceGetAttribute(out, attribute, device));
        return out.get(ValueLayout.JAVA_INT, 0);
    }

    long totalMemory(int device) {
        check("cuDeviceTotalMem", cuda.cuDeviceTotalMem_v2(out, device));
        return out.get(ValueLayout.JAVA_LONG, 0);
    }

    MemorySegment retainPrimaryContext(int device) {
        check("cuDevicePrimaryCtxRetain", cuda.cuDevicePrimaryCtxRetain(out, device));
        return out.get(ValueLayout.ADDRESS, 0);
    }

    /**
     * Releases the context at the end, also one that is unusable: the last release destroys it with all that it owns, and
     * what the call says of the earlier error was told then.
     */
    void releasePrimaryContext(int device) {
        int status = cuda.cuDevicePrimaryCtxRelease_v2(device);
        if (isUsable()) {
            check("cuDevicePrimaryCtxRelease", status);
        }
    }

    void setCurrent(MemorySegment context) {
        check("cuCtxSetCurrent", cuda.cuCtxSetCurrent(context));
    }

    MemorySegment createStream() {
        check("cuStreamCreate", cuda.cuStreamCreate(out, cuda.CU_STREAM_NON_BLOCKING()));
        return out.get(ValueLayout.ADDRESS, 0);
    }

    void destroyStream(MemorySegment stream) {
        check("cuStreamDestroy", cuda.cuStreamDestroy_v2(stream));
    }

    void synchronize(MemorySegment stream) {
        check("cuStreamSynchronize", cuda.cuStreamSynchronize(stream));
    }

    MemorySegment createEvent() {
        check("cuEventCreate", cuda.cuEventCreate(out, 0));
        return out.get(ValueLayout.ADDRESS, 0);
    }

    void destroyEvent(MemorySegment event) {
        check("cuEventDestroy", cuda.cuEventDestroy_v2(event));
    }

    void record(MemorySegment event, MemorySegment stream) {
        check("cuEventRecord", cuda.cuEventRecord(event, stream));
    }

    void synchronizeEvent(MemorySegment event) {
        check("cuEventSynchronize", cuda.cuEventSynchronize(event));
    }

    MemorySegment defaultPool(int device) {
        check("cuDeviceGetDefaultMemPool", cuda.cuDeviceGetDefaultMemPool(out, device));
        return out.get(ValueLayout.ADDRESS, 0);
    }

    /** Bytes of the card that nobody has taken, in this process or another one; the context must be current. */
    long freeMemory() {
        check("cuMemGetInfo", cuda.cuMemGetInfo_v2(out, out.asSlice(Long.BYTES)));
        return out.get(ValueLayout.JAVA_LONG, 0);
    }

    /** Keeps up to {@code bytes} of freed memory in the pool. */
    void keepInPool(MemorySegment pool, long bytes) {
        out.set(ValueLayout.JAVA_LONG, 0, bytes);
        check("cuMemPoolSetAttribute", cuda.cuMemPoolSetAttribute(pool, cuda.CU_MEMPOOL_ATTR_RELEASE_THRESHOLD(), out));
    }

    void trim(MemorySegment pool, long keep) {
        check("cuMemPoolTrimTo", cuda.cuMemPoolTrimTo(pool, keep));
    }

    /** Status of an allocation in stream order; its address is then {@link #allocated()}. */
    int allocate(long bytes, MemorySegment pool, MemorySegment stream) {
        calls++;
        return cuda.cuMemAllocFromPoolAsync(out, bytes, pool, stream);
    }

    long allocated() {
        return out.get(ValueLayout.JAVA_LONG, 0);
    }

    void free(long address, MemorySegment stream) {
        check("cuMemFreeAsync", cuda.cuMemFreeAsync(address, stream));
    }

    /** Page-locked host memory. */
    @SuppressWarnings("restricted") // the driver gives an address without a size
    MemorySegment allocateHost(long bytes) {
        calls++;
        check("cuMemAllocHost", cuda.cuMemAllocHost_v2(out, bytes), bytes + " bytes");
        return out.get(ValueLayout.ADDRESS, 0).reinterpret(bytes);
    }

    void freeHost(MemorySegment memory) {
        check("cuMemFreeHost", cuda.cuMemFreeHost(memory));
    }

    void copyToDevice(long to, MemorySegment from, long bytes, MemorySegment stream) {
        check("cuMemcpyHtoDAsync", cuda.cuMemcpyHtoDAsync_v2(to, from, bytes, stream));
    }

    void copyToHost(MemorySegment to, long from, long bytes, MemorySegment stream) {
        check("cuMemcpyDtoHAsync", cuda.cuMemcpyDtoHAsync_v2(to, from, bytes, stream));
    }

    void copy(long to, long from, long bytes, MemorySegment stream) {
        check("cuMemcpyDtoDAsync", cuda.cuMemcpyDtoDAsync_v2(to, from, bytes, stream));
    }

    void fill(long address, byte value, long bytes, MemorySegment stream) {
        check("cuMemsetD8Async", cuda.cuMemsetD8Async(address, value, bytes, stream));
    }

    void launch(
            MemorySegment function,
            int gridX,
            int gridY,
            int gridZ,
            int block,
            int sharedBytes,
            MemorySegment stream,
            MemorySegment arguments) {
        calls++;
        int status = cuda.cuLaunchKernel(
                function, gridX, gridY, gridZ, block, 1, 1, sharedBytes, stream, arguments, MemorySegment.NULL);
        if (status != 0) {
            throw failure(
                    "cuLaunchKernel of %d x %d x %d blocks of %d threads, %d shared bytes"
                            .formatted(gridX, gridY, gridZ, block, sharedBytes),
                    status);
        }
    }

    /** Ends a capture that went wrong, which its error has told already. */
    void abandonCapture(MemorySegment stream) {
        if (cuda.cuStreamEndCapture(stream, out) == 0) {
            cuda.cuGraphDestroy(out.get(ValueLayout.ADDRESS, 0));
        }
    }

    void beginCapture(MemorySegment stream) {
        check("cuStreamBeginCapture", cuda.cuStreamBeginCapture_v2(stream, cuda.CU_STREAM_CAPTURE_MODE_THREAD_LOCAL()));
    }

    MemorySegment endCapture(MemorySegment stream) {
        check("cuStreamEndCapture", cuda.cuStreamEndCapture(stream, out));
        return out.get(ValueLayout.ADDRESS, 0);
    }

    /** An executable graph; {@code graph} itself is given up. */
    MemorySegment instantiate(MemorySegment graph) {
        int status = cuda.cuGraphInstantiateWithFlags(out, graph, 0);
        MemorySegment executable = out.get(ValueLayout.ADDRESS, 0);
        cuda.cuGraphDestroy(graph);
        check("cuGraphInstantiate", status);
        return executable;
    }

    void launchGraph(MemorySegment executable, MemorySegment stream) {
        check("cuGraphLaunch", cuda.cuGraphLaunch(executable, stream));
    }

    void destroyGraph(MemorySegment executable) {
        check("cuGraphExecDestroy", cuda.cuGraphExecDestroy(executable));
    }
}
