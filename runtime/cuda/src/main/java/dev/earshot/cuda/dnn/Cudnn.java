package dev.earshot.cuda.dnn;

import dev.earshot.bindings.cudnn.cudnn;
import dev.earshot.cuda.CudaException;
import dev.earshot.cuda.device.CudaContext;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** A cuDNN handle on a context, made at first use; statuses become exceptions here. One thread at a time. */
public final class Cudnn implements AutoCloseable {
    private static final int MESSAGE_BYTES = 1024;

    private final CudaContext context;
    private MemorySegment handle = MemorySegment.NULL;
    private MemorySegment stream = MemorySegment.NULL;

    public Cudnn(CudaContext context) {
        this.context = context;
    }

    /** Version of the loaded library: 92400 for 9.24.0. */
    static long version() {
        return cudnn.cudnnGetVersion();
    }

    /** The handle. */
    MemorySegment handle() {
        if (handle.equals(MemorySegment.NULL)) {
            context.makeCurrent();
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment out = arena.allocate(ValueLayout.ADDRESS);
                check("cudnnCreate", cudnn.cudnnCreate(out), context.toString());
                handle = out.get(ValueLayout.ADDRESS, 0);
            }
        }
        return handle;
    }

    /** Executes a plan on {@code to}, a {@code CUstream}. */
    void execute(MemorySegment plan, MemorySegment variantPack, MemorySegment to, String what) {
        if (!stream.equals(to)) {
            check("cudnnSetStream", cudnn.cudnnSetStream(handle(), to), what);
            stream = to;
        }
        check("cudnnBackendExecute", cudnn.cudnnBackendExecute(handle(), plan, variantPack), what);
    }

    /** Throws unless {@code status} is success; {@code what} names shapes. */
    static void check(String call, int status, String what) {
        if (status != cudnn.CUDNN_STATUS_SUCCESS()) {
            throw new CudaException(
                    "%s of %s: %s (%d)%s".formatted(call, what, name(status), status, lastMessage()), status);
        }
    }

    @SuppressWarnings("restricted") // a C string ends where it ends
    private static String name(int status) {
        return cudnn.cudnnGetErrorString(status).reinterpret(MESSAGE_BYTES).getString(0);
    }

    private static String lastMessage() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment text = arena.allocate(MESSAGE_BYTES);
            cudnn.cudnnGetLastErrorString(text, MESSAGE_BYTES);
            String message = text.getString(0);
            return message.isEmpty() ? "" : ", " + message;
        }
    }

    @Override
    public void close() {
        if (!handle.equals(MemorySegment.NULL)) {
            cudnn.cudnnDestroy(handle);
            handle = MemorySegment.NULL;
        }
    }
}
