package dev.earshot.tensor.cpu;

import dev.earshot.bindings.onednn.dnnl;
import dev.earshot.tensor.DType;
import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * out = softmax(scale * q k^T + bias) v by tiles: one head of one batch element and some query rows at a time, so that the
 * scores of a tile stay in cache and the score matrix of the whole never exists. Tiles are shared between the workers.
 */
record Attention(View q, View k, View v, int heads, float scale, Optional<View> bias, View out) implements Op {
    @Override
    public void bind(Binder binder) {
        DType operands = q.dtype() == DType.BF16 && binder.nativeBf16() ? DType.BF16 : DType.F32;
        View target = binder.output(out, operands, Products.rowsApart(out));
        Operands all = new Operands(
                binder.input(q, operands, Products.rowsApart(q)),
                binder.input(k, operands, Products.rowsApart(k)),
                binder.input(v, operands, Products.rowsApart(v)),
                bias.map(b ->
                        binder.input(b, DType.F32, b.hasDenseRows() && (b.dim(2) == 1 || b.stride(2) == b.dim(3)))),
                target);
        AttentionTiles tiles = AttentionTiles.of(q.dim(0), heads, q.dim(1), k.dim(1), binder.workers());
        Task[] shares = new Task[binder.workers()];
        for (int i = 0; i < shares.length; i++) {
            shares[i] = share(binder, binder.worker(i), all, tiles);
        }
        long flops = 2 * q.dim(0) * q.dim(1) * k.dim(1) * (q.dim(2) + v.dim(2));
        binder.add(
                "attention %d x %d heads, %d x %d x %d%s"
                        .formatted(
                                q.dim(0),
                                heads,
                                q.dim(1),
                                k.dim(1),
                                q.dim(2) / heads,
                                bias.isPresent() ? " + bias" : ""),
                flops,
                shares);
        binder.finish(target, out);
    }

    /** The tensors as the primitives read them. */
    private record Operands(View q, View k, View v, Optional<View> bias, View out) {}

    private Task share(Binder binder, Worker worker, Operands operands, AttentionTiles tiles) {
        int from = Math.toIntExact(tiles.count() * worker.index() / binder.workers());
        int to = Math.toIntExact(tiles.count() * (worker.index() + 1) / binder.workers());
        if (from == to) {
            return Task.IDLE;
        }
        long scoreCount = tiles.rows() * operands.k().dim(1);
        long scores = worker.scratch().allocate(4 * scoreCount);
        // Probabilities overwrite the scores unless their type differs.
        boolean half = operands.v().dtype() == DType.BF16;
        long probabilities = half ? worker.scratch().allocate(2 * scoreCount) : scores;
        Map<Long, TileCalls> calls = new HashMap<>();
        TileCalls[] order = new TileCalls[to - from];
        MemorySegment[] addresses = new MemorySegment[TileCalls.POINTERS * order.length];
        for (int i = 0; i < order.length; i++) {
            AttentionTiles.Tile tile = tiles.tile(from + i);
            long[] starts = starts(operands, tile);
            order[i] = calls.computeIfAbsent(
                    tile.rows(), rows -> calls(binder, worker, operands, rows, scores, probabilities));
            for (int p = 0; p < starts.length; p++) {
                addresses[TileCalls.POINTERS * i + p] = NativeMemory.pointer(starts[p]);
            }
        }
        return new Share(order, addresses, calls.values().toArray(TileCalls[]::new));
    }

    /** Addresses of a tile's queries, keys, values, results and bias. */
    private long[] starts(Operands o, AttentionTiles.Tile tile) {
        long queryWidth = o.q().dim(2) / heads;
        long valueWidth = o.v().dim(2) / heads;
        return new long[] {
            at(o.q(), tile.batch(), tile.firstRow(), tile.head() * queryWidth),
            at(o.k(), tile.batch(), 0, tile.head() * queryWidth),
            at(o.v(), tile.batch(), 0, tile.head() * valueWidth),
            at(o.out(), tile.batch(), tile.firstRow(), tile.head() * valueWidth),
            o.bias()
                    .map(b -> b.at(
                            tile.batch() * b.stride(0) + tile.head() * b.stride(1) + tile.firstRow() * b.stride(2)))
                    .orElse(0L)
        };
    }

    private static long at(View tokens, long batch, long row, long column) {
        return tokens.at(batch * tokens.stride(0) + row * tokens.stride(1) + column);
    }

    private TileCalls calls(Binder binder, Worker worker, Operands o, long rows, long scores, long probabilities) {
        long keys = o.k().dim(1);
        DType dtype = o.q().dtype();
        Products.Bias kind = o.bias()
                .map(b -> b.dim(2) == 1 ? Products.Bias.ROW : Products.Bias.MATRIX)
                .orElse(Products.Bias.NONE);
        Products.Key scoreKey = new Products.Key(
                dtype,
                DType.F32,
                rows,
                o.q().dim(2) / heads,
                keys,
                Products.Layout.rows(Products.rowStride(o.q())),
                Products.Layout.columns(Products.rowStride(o.k())),
                keys,
                scale,
                kind);
        Products.Key weightKey = new Products.Key(
                dtype,
                o.out().dtype(),
                rows,
                keys,
                o.v().dim(2) / heads,
                Products.Layout.rows(keys),
                Products.Layout.rows(Products.rowStride(o.v())),
                Products.rowStride(o.out()),
                1,
                Products.Bias.NONE);
        Call.Builder product = Call.of(worker, Products.primitive(binder, scoreKey))
                .with(dnnl.DNNL_ARG_SRC(), o.q().address())
                .with(dnnl.DNNL_ARG_WEIGHTS(), o.k().address())
                .with(dnnl.DNNL_ARG_DST(), scores);
        o.bias()
                .ifPresent(
                        b -> product.with(Call.postOperand(scoreKey.epilogue().additionIndex()), b.address()));
        Call softmax = Call.of(worker, NormOps.Softmax.primitive(binder, rows, keys, dtype))
                .with(dnnl.DNNL_ARG_SRC(), scores)
                .with(dnnl.DNNL_ARG_DST(), probabilities)
                .bind();
        Call weighting = Call.of(worker, Products.primitive(binder, weightKey))
                .with(dnnl.DNNL_ARG_SRC(), probabilities)
                .with(dnnl.DNNL_ARG_WEIGHTS(), o.v().address())
                .with(dnnl.DNNL_ARG_DST(), o.out().address())
                .bind();
        return new TileCalls(product.bind(), softmax, weighting, o.bias().isPresent());
    }

    /** The calls for tiles of one height. */
    private record TileCalls(Call scores, Call softmax, Call weighting, boolean biased) implements AutoCloseable {
        private static final int POINTERS = 5;

        void run(MemorySegment[] addresses, int at) {
            scores.point(0, addresses[at]);
            scores.point(1, addresses[at + 1]);
            if (biased) {
                scores.point(3, addresses[at + 4]);
            }
            scores.run();
            softmax.run();
            weighting.point(1, addresses[at + 2]);
            weighting.point(2, addresses[at + 3]);
            weighting.run();
        }

        @Override
        public void close() {
            scores.close();
            softmax.close();
            weighting.close();
        }
    }

    /** The tiles of one worker in order, with {@link TileCalls#POINTERS} addresses each. */
    private record Share(TileCalls[] order, MemorySegment[] addresses, TileCalls[] owned) implements Task {
        @Override
        public void run() {
            for (int i = 0; i < order.length; i++) {
                order[i].run(addresses, TileCalls.POINTERS * i);
            }
        }

        @Override
        public void close() {
            for (TileCalls calls : owned) {
                calls.close();
            }
        }
    }
}
