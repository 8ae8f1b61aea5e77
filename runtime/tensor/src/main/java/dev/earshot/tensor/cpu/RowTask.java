package dev.earshot.tensor.cpu;

/**
 * One worker's range of an elementwise op: walks over pieces of rows. A unit of work is one piece, so that one long row is
 * shared between workers as well as many short ones.
 */
final class RowTask implements Task {
    /** Elements of a piece: 16 KiB of F32, so that a piece and its converted forms stay in the first-level cache. */
    static final int PIECE = 4096;

    /** What is done with a piece. */
    @FunctionalInterface
    interface Body extends AutoCloseable {
        /** @param offsets distance in elements of the piece from the first element of each view */
        void run(long[] offsets, int length);

        @Override
        default void close() {}
    }

    private final LoopSpace space;
    private final long from;
    private final long to;
    private final long pieces;
    private final long[] offsets;
    private final Body body;

    private RowTask(LoopSpace space, int views, long from, long to, Body body) {
        this.space = space;
        this.pieces = pieces(space);
        this.from = from;
        this.to = to;
        this.offsets = new long[views];
        this.body = body;
    }

    private static long pieces(LoopSpace space) {
        return (space.rowLength() + PIECE - 1) / PIECE;
    }

    /** Makes the body of one worker, which is closed with the step. */
    @FunctionalInterface
    interface BodyFactory {
        Body create(Worker worker);
    }

    /** Adds the step that runs a body over all pieces of {@code views} views. */
    static void add(Binder binder, String name, LoopSpace space, int views, BodyFactory bodies) {
        long units = Math.multiplyExact(space.rows(), pieces(space));
        long elements = space.rows() * space.rowLength();
        int workers = (int) Math.min(binder.workers(), Math.max(1, Math.min(units, elements / PIECE)));
        Task[] shares = new Task[workers];
        for (int i = 0; i < workers; i++) {
            Body body = bodies.create(binder.worker(i));
            shares[i] = new RowTask(space, views, units * i / workers, units * (i + 1) / workers, body);
        }
        binder.add(name, 0, shares);
    }

    @Override
    public void run() {
        long row = from / pieces;
        long piece = from % pieces;
        for (long unit = from; unit < to; unit++) {
            long start = piece * PIECE;
            for (int v = 0; v < offsets.length; v++) {
                offsets[v] = space.rowOffset(v, row) + start * space.rowStride(v);
            }
            body.run(offsets, (int) Math.min(PIECE, space.rowLength() - start));
            if (++piece == pieces) {
                piece = 0;
                row++;
            }
        }
    }

    @Override
    public void close() {
        body.close();
    }
}
