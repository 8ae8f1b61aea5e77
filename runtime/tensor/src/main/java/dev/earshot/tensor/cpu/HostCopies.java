package dev.earshot.tensor.cpu;

import dev.earshot.tensor.DType;
import dev.earshot.tensor.HostTensor;
import dev.earshot.tensor.internal.NativeMemory;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;

/** Copies between tensors and what callers hand in or take out, on the calling thread. */
final class HostCopies {
    private HostCopies() {}

    /** True if {@code source} can be packed from where it lies: native memory, a mapped file for example, of F32. */
    static boolean packableInPlace(HostTensor source, DType compute) {
        return source.data().isNative() && source.dtype() == DType.F32 && compute == DType.F32;
    }

    /** Runs {@code use} with the address of the data, copied out of the heap if it lies there. */
    static void withAddress(MemorySegment data, java.util.function.LongConsumer use) {
        if (data.isNative()) {
            use.accept(data.address());
            Reference.reachabilityFence(data);
            return;
        }
        try (NativeMemory copy = NativeMemory.allocate(data.byteSize())) {
            MemorySegment.copy(data, 0, NativeMemory.ALL, copy.address(), data.byteSize());
            use.accept(copy.address());
        }
    }

    /**
     * Writes elements [from, from + count) of {@code source} as F32 to {@code target}, rounded to bf16 numbers if
     * {@code compute} is BF16.
     */
    static void weights(HostTensor source, DType compute, long from, long count, long target) {
        int bytes = source.dtype().bytes();
        withAddress(source.data().asSlice(from * bytes, count * bytes), address -> {
            for (long done = 0; done < count; done += RowTask.PIECE) {
                int n = (int) Math.min(RowTask.PIECE, count - done);
                Rows.load(source.dtype(), address + done * bytes, 1, target + 4 * done, n);
                if (compute == DType.BF16) {
                    Rows.roundBf16(target + 4 * done, n);
                }
            }
        });
    }

    /** Copies host data into a view of the same sizes, converting floats. */
    static void upload(HostTensor source, View out) {
        withAddress(source.data(), address -> copy(View.dense(address, source.dtype(), out.dims()), out));
    }

    /** Copies a float view, row-major, into an array. */
    static void download(View x, float[] out) {
        LoopSpace space = LoopSpace.over(x.dims(), x);
        int at = 0;
        try (NativeMemory piece = NativeMemory.allocate(4L * RowTask.PIECE)) {
            for (long row = 0; row < space.rows(); row++) {
                long offset = space.rowOffset(0, row);
                for (long done = 0; done < space.rowLength(); done += RowTask.PIECE) {
                    int n = (int) Math.min(RowTask.PIECE, space.rowLength() - done);
                    long stride = space.rowStride(0);
                    Rows.load(x.dtype(), x.at(offset + done * stride), stride, piece.address(), n);
                    Rows.toArray(piece.address(), out, at, n);
                    at += n;
                }
            }
        }
    }

    /** All elements of an integer view, row-major. */
    static long[] downloadIntegers(View x) {
        long[] values = new long[Math.toIntExact(x.elements())];
        try (NativeMemory buffer = NativeMemory.allocate(8L * values.length)) {
            copy(x, View.dense(buffer.address(), DType.I64, x.dims()));
            for (int i = 0; i < values.length; i++) {
                values[i] = NativeMemory.ALL.get(java.lang.foreign.ValueLayout.JAVA_LONG, buffer.address() + 8L * i);
            }
        }
        return values;
    }

    private static void copy(View x, View out) {
        LoopSpace space = LoopSpace.over(out.dims(), x, out);
        long from = space.rowStride(0);
        long to = space.rowStride(1);
        try (NativeMemory piece = NativeMemory.allocate(4L * RowTask.PIECE)) {
            RowTask.Body body = Copy.body(x, from, out, to, piece.address());
            long[] offsets = new long[2];
            for (long row = 0; row < space.rows(); row++) {
                for (long done = 0; done < space.rowLength(); done += RowTask.PIECE) {
                    offsets[0] = space.rowOffset(0, row) + done * from;
                    offsets[1] = space.rowOffset(1, row) + done * to;
                    body.run(offsets, (int) Math.min(RowTask.PIECE, space.rowLength() - done));
                }
            }
        }
    }
}
