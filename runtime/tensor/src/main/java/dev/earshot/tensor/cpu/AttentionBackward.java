package dev.earshot.tensor.cpu;

import dev.earshot.tensor.DType;
import dev.earshot.tensor.internal.NativeMemory;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Backward of {@link Attention} by tiles of query rows. The weights P of a tile are computed again; with D the gradient of
 * the result, its rows give
 *
 * <pre>
 * dV += P^T D      dS = scale P * (D V^T - rowsum(P * D V^T))      dQ += dS K      dK += dS^T Q
 * </pre>
 *
 * A worker does all tiles of a head one after the other, which keeps the order of the sums whatever the number of workers.
 * Products are in fp32 for all types of operands.
 */
record AttentionBackward(
        View q,
        View k,
        View v,
        int heads,
        float scale,
        Optional<View> bias,
        View gradOut,
        View gradQ,
        Optional<KeyGradients> gradKeys)
        implements Op {
    /** Gradients of keys and values, where they are not constants. */
    record KeyGradients(View gradK, View gradV) {}

    @Override
    public void bind(Binder binder) {
        Operands operands = new Operands(
                rows(binder, q),
                rows(binder, k),
                rows(binder, v),
                rows(binder, gradOut),
                bias.map(b ->
                        binder.input(b, DType.F32, b.hasDenseRows() && (b.dim(2) == 1 || b.stride(2) == b.dim(3)))));
        AttentionTiles tiles = AttentionTiles.of(q.dim(0), heads, q.dim(1), k.dim(1), 1);
        long count = q.dim(0) * heads;
        int workers = (int) Math.min(count, binder.workers());
        Task[] shares = new Task[workers];
        for (int i = 0; i < workers; i++) {
            shares[i] =
                    share(binder, binder.worker(i), operands, tiles, count * i / workers, count * (i + 1) / workers);
        }
        long products = gradKeys.isPresent() ? 3 * q.dim(2) + 2 * v.dim(2) : 2 * q.dim(2) + v.dim(2);
        binder.add(
                "attention backward %d x %d heads, %d x %d x %d"
                        .formatted(q.dim(0), heads, q.dim(1), k.dim(1), q.dim(2) / heads),
                2 * q.dim(0) * q.dim(1) * k.dim(1) * products,
                shares);
    }

    private static View rows(Binder binder, View x) {
        return binder.input(x, DType.F32, Products.rowsApart(x));
    }

    /** The inputs as the primitives read them. */
    record Operands(View q, View k, View v, View grad, Optional<View> bias) {}

    private Task share(Binder binder, Worker worker, Operands o, AttentionTiles tiles, long from, long to) {
        AttentionBackwardTile.Room room = AttentionBackwardTile.Room.of(binder, worker, o, heads, tiles.rows());
        Map<Long, AttentionBackwardTile> calls = new HashMap<>();
        List<Task> order = new ArrayList<>();
        for (long i = from * tiles.perHead(); i < to * tiles.perHead(); i++) {
            AttentionTiles.Tile tile = tiles.tile(i);
            if (tile.firstRow() == 0) {
                MemorySegment k = at(o.k(), tile, 0);
                MemorySegment v = at(o.v(), tile, 0);
                order.add(() -> room.head(k, v));
            }
            AttentionBackwardTile own = calls.computeIfAbsent(
                    tile.rows(), rows -> new AttentionBackwardTile(binder, worker, this, o, room, rows));
            AttentionBackwardTile.Places places = places(o, tile);
            order.add(() -> own.run(places));
        }
        return new Share(order.toArray(Task[]::new), List.copyOf(calls.values()), room);
    }

    private AttentionBackwardTile.Places places(Operands o, AttentionTiles.Tile tile) {
        return new AttentionBackwardTile.Places(
                at(o.q(), tile, tile.firstRow()),
                at(o.grad(), tile, tile.firstRow()),
                o.bias()
                        .map(b -> NativeMemory.pointer(b.at(tile.batch() * b.stride(0)
                                + tile.head() * b.stride(1)
                                + tile.firstRow() * b.stride(2))))
                        .orElse(MemorySegment.NULL),
                at(gradQ, tile, tile.firstRow()),
                gradKeys.map(g -> at(g.gradK(), tile, 0)).orElse(MemorySegment.NULL),
                gradKeys.map(g -> at(g.gradV(), tile, 0)).orElse(MemorySegment.NULL));
    }

    /** Row {@code row} of the tile's head. */
    private MemorySegment at(View tokens, AttentionTiles.Tile tile, long row) {
        return NativeMemory.pointer(tokens.at(
                tile.batch() * tokens.stride(0) + row * tokens.stride(1) + tile.head() * (tokens.dim(2) / heads)));
    }

    /** The heads and tiles of one worker in order, on calls that they share. */
    private record Share(Task[] order, List<AttentionBackwardTile> calls, AttentionBackwardTile.Room room)
            implements Task {
        @Override
        public void run() {
            for (Task task : order) {
                task.run();
            }
        }

        @Override
        public void close() {
            calls.forEach(AttentionBackwardTile::close);
            room.close();
        }
    }
}
