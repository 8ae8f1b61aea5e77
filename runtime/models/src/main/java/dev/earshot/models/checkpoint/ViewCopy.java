package dev.earshot.models.checkpoint;

import dev.earshot.models.checkpoint.PickleValue.TensorView;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;

/** Copies the elements of a view out of the file in row-major order, in pieces. */
final class ViewCopy {
    private static final int PIECE_BYTES = 1 << 20;

    private final ByteSource source;
    private final TensorView view;
    private final long storageOffset;
    private final int elementBytes;
    private final ByteBuffer piece;

    ViewCopy(ByteSource source, TensorView view, long storageOffset) {
        this.source = source;
        this.view = view;
        this.storageOffset = storageOffset;
        this.elementBytes = view.storage().elementBytes();
        this.piece = ByteBuffer.allocate(Math.clamp(view.bytes(), elementBytes, PIECE_BYTES));
    }

    void writeTo(WritableByteChannel out) throws IOException {
        long elements = view.shape().elements();
        if (elements == 0) {
            return;
        }
        if (view.isContiguous()) {
            copyRange(view.offset() * elementBytes, view.bytes(), out);
        } else {
            gather(out);
        }
    }

    private void copyRange(long offset, long bytes, WritableByteChannel out) throws IOException {
        for (long at = 0; at < bytes; at += piece.capacity()) {
            piece.clear().limit((int) Math.min(piece.capacity(), bytes - at));
            source.read(storageOffset + offset + at, piece);
            flush(out);
        }
    }

    /** Reads the span that the view touches once, then walks it; transposed weights are a few megabytes. */
    private void gather(WritableByteChannel out) throws IOException {
        int rank = view.shape().rank();
        long last = 0;
        for (int axis = 0; axis < rank; axis++) {
            last += (view.shape().dim(axis) - 1) * view.strides().get(axis);
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment span = load(arena, (last + 1) * elementBytes);
            long[] index = new long[rank];
            long element = 0;
            for (long i = 0; i < view.shape().elements(); i++) {
                if (piece.remaining() < elementBytes) {
                    flush(out);
                }
                int at = piece.position();
                MemorySegment.copy(
                        span, element * elementBytes, MemorySegment.ofArray(piece.array()), at, elementBytes);
                piece.position(at + elementBytes);
                element = advance(index, element);
            }
            flush(out);
        }
    }

    /** Steps to the next element in row-major order; returns its place in the span. */
    private long advance(long[] index, long element) {
        long next = element;
        for (int axis = index.length - 1; axis >= 0; axis--) {
            next += view.strides().get(axis);
            if (++index[axis] < view.shape().dim(axis)) {
                return next;
            }
            next -= index[axis] * view.strides().get(axis);
            index[axis] = 0;
        }
        return next;
    }

    private MemorySegment load(Arena arena, long bytes) {
        MemorySegment span = arena.allocate(bytes, 8);
        long offset = storageOffset + view.offset() * elementBytes;
        for (long at = 0; at < bytes; at += PIECE_BYTES) {
            long length = Math.min(PIECE_BYTES, bytes - at);
            source.read(offset + at, span.asSlice(at, length).asByteBuffer());
        }
        return span;
    }

    private void flush(WritableByteChannel out) throws IOException {
        piece.flip();
        while (piece.hasRemaining()) {
            out.write(piece);
        }
        piece.clear();
    }
}
