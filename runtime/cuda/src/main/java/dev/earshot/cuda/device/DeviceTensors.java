package dev.earshot.cuda.device;

import dev.earshot.tensor.DType;
import dev.earshot.tensor.Shape;
import dev.earshot.tensor.Storage;
import dev.earshot.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.function.BooleanSupplier;

/** Device memory as tensors, and tensors as device addresses. */
public final class DeviceTensors {
    private DeviceTensors() {}

    /** Device memory of one owner; it refuses its address once the owner is closed. */
    private record DeviceStorage(long address, long byteSize, CudaContext context, String owner, BooleanSupplier closed)
            implements Storage {
        @Override
        public MemorySegment host() {
            throw new IllegalStateException(
                    "tensor lives on %s: expected host memory — download it first".formatted(context));
        }
    }

    /** A storage over device memory whose owner ({@code "workspace"}) says when it was closed. */
    static Storage storage(long address, long bytes, CudaContext context, String owner, BooleanSupplier closed) {
        return new DeviceStorage(address, bytes, context, owner, closed);
    }

    /** A contiguous tensor over scratch memory, for use within one op. */
    public static Tensor scratch(CudaContext context, DType dtype, Shape shape) {
        long bytes = Math.multiplyExact(shape.elements(), dtype.bytes());
        return over(context, context.queue().scratch(bytes), dtype, shape);
    }

    /** A contiguous tensor over device memory that the caller knows to be alive, for use within one op. */
    public static Tensor over(CudaContext context, long address, DType dtype, Shape shape) {
        long bytes = Math.multiplyExact(shape.elements(), dtype.bytes());
        return Tensor.of(new DeviceStorage(address, bytes, context, "memory", () -> false), 0, dtype, shape);
    }

    /**
     * Device address of the first element.
     *
     * @throws IllegalArgumentException if the tensor does not live on the device of {@code context}
     * @throws IllegalStateException if its owner was closed
     */
    static long address(CudaContext context, Tensor x) {
        if (!(x.storage() instanceof DeviceStorage storage) || storage.context != context) {
            throw new IllegalArgumentException(
                    "tensor %s: expected memory of %s, got memory of another backend — upload it first"
                            .formatted(x, context));
        }
        if (storage.closed.getAsBoolean()) {
            throw new IllegalStateException("tensor used after its " + storage.owner + " was closed");
        }
        return storage.address + x.offset() * x.dtype().bytes();
    }
}
