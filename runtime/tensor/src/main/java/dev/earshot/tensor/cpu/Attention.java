package dev.earshot.tensor.cpu;

import dev.earshot.bindings.onednn.dnnl;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.internal.NativeMemory;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * out = softmax(scale * q k^T + term) v by tiles: one head of one batch element and some query rows at a time, so that the
 * scores of a tile stay in cache and the score matrix of the whole never exists. Tiles are shared between the workers.
 */
record Attention(View q, View k, View v, int heads, float scale, Term term, View out) implements Op {
    /** What is added to the scores. */
    sealed interface Term {
        Term NONE = new None();
    }

    private record None() implements Term {}

    /** A tensor, F32 [B or 1, heads or 1, Nq or 1, Nk]. */
    record Bias(View values) implements Term {}

    /** The position terms of {@link dev.earshot.tensor.Backend#gridAttention}. */
    record Positions(View rowTable, View columnTable) implements Term {}

    @Override
    public void bind(Binder binder) {
        if (FewKeysAttention.fits(this)) {
            FewKeysAttention.bind(binder, this);
            return;
        }
        DType operands = q.dtype() == DType.BF16 && binder.nativeBf16() ? DType.BF16 : DType.F32;
        View target = binder.output(out, operands, Products.rowsApart(out));
        Operands all = new Operands(
                binder.input(q, operands, Products.rowsApart(q)),
                binder.input(k, operands, Products.rowsApart(k)),
                binder.input(v, operands, Products.rowsApart(v)),
                bias(binder),
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
                                switch (term) {
                                    case None none -> "";
                                    case Bias bias -> " + bias";
                                    case Positions positions -> " + positions";
                                }),
                flops,
                shares);
        binder.finish(target, out);
    }

    private Optional<View> bias(Binder binder) {
        return term instanceof Bias(View b)
                ? Optional.of(
                        binder.input(b, DType.F32, b.hasDenseRows() && (b.dim(2) == 1 || b.stride(2) == b.dim(3))))
                : Optional.empty();
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
        Buffers buffers = new Buffers(
                scores,
                probabilities,
                Products.packingPays(operands.q().dtype())
                        ? Optional.of(HeadPacking.of(binder, worker, operands.k(), operands.v(), heads))
                        : Optional.empty(),
                term instanceof Positions tables
                        ? Optional.of(new RelativePositions(binder, worker, operands.q(), heads, tables, tiles))
                        : Optional.empty());
        Map<Long, TileCalls> calls = new HashMap<>();
        List<Task> order = new ArrayList<>();
        buffers.positions().ifPresent(order::add);
        for (int i = from; i < to; i++) {
            AttentionTiles.Tile tile = tiles.tile(i);
            long[] starts = starts(operands, tile);
            if (buffers.packing().isPresent()) {
                HeadPacking packing = buffers.packing().get();
                if (i == from || tile.firstRow() == 0) {
                    order.add(packing.head(starts[1], starts[2]));
                }
                starts[1] = packing.packedKeys();
                starts[2] = packing.packedValues();
            }
            TileCalls tileCalls =
                    calls.computeIfAbsent(tile.rows(), rows -> calls(binder, worker, operands, rows, buffers));
            order.add(tileCalls.at(starts, tile.firstRow()));
        }
        return new Share(order.toArray(Task[]::new), calls.values(), buffers);
    }

    /**
     * Temporaries of one worker: addresses of the scores and probabilities of a tile, the packed operands of a head, and the
     * position terms.
     */
    private record Buffers(
            long scores, long probabilities, Optional<HeadPacking> packing, Optional<RelativePositions> positions) {
        Products.Layout layout(Products.Layout plain) {
            return packing.isPresent() ? Products.Layout.PACKED : plain;
        }
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

    private TileCalls calls(Binder binder, Worker worker, Operands o, long rows, Buffers buffers) {
        long keys = o.k().dim(1);
        DType dtype = o.q().dtype();
        Products.Bias kind = switch (term) {
            case None none -> Products.Bias.NONE;
            case Bias(View b) -> b.dim(2) == 1 ? Products.Bias.ROW : Products.Bias.MATRIX;
            case Positions positions -> Products.Bias.RESULT;
        };
        Products.Key scoreKey = new Products.Key(
                dtype,
                DType.F32,
                rows,
                o.q().dim(2) / heads,
                keys,
                Products.Layout.rows(Products.rowStride(o.q())),
                buffers.layout(Products.Layout.columns(Products.rowStride(o.k()))),
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
                buffers.layout(Products.Layout.rows(Products.rowStride(o.v()))),
                Products.rowStride(o.out()),
                1,
                Products.Bias.NONE);
        Call.Builder product = Call.of(worker, Products.primitive(binder, scoreKey))
                .with(dnnl.DNNL_ARG_SRC(), o.q().address())
                .with(dnnl.DNNL_ARG_WEIGHTS(), o.k().address())
                .with(dnnl.DNNL_ARG_DST(), buffers.scores());
        o.bias()
                .ifPresent(
                        b -> product.with(Call.postOperand(scoreKey.epilogue().additionIndex()), b.address()));
        Call softmax = Call.of(worker, NormOps.Softmax.primitive(binder, rows, keys, dtype))
                .with(dnnl.DNNL_ARG_SRC(), buffers.scores())
                .with(dnnl.DNNL_ARG_DST(), buffers.probabilities())
                .bind();
        Call weighting = Call.of(worker, Products.primitive(binder, weightKey))
                .with(dnnl.DNNL_ARG_SRC(), buffers.probabilities())
                .with(dnnl.DNNL_ARG_WEIGHTS(), o.v().address())
                .with(dnnl.DNNL_ARG_DST(), o.out().address())
                .bind();
        return new TileCalls(
                product.bind(),
                softmax,
                weighting,
                o.bias().isPresent(),
                buffers.positions().map(positions -> positions.tile(rows)),
                buffers.scores());
    }

    /** The calls for tiles of one height. */
    private record TileCalls(
            Call scores,
            Call softmax,
            Call weighting,
            boolean biased,
            Optional<RelativePositions.Tile> positions,
            long scoreAddress) {
        /** These calls on the tile whose queries, keys, values, results and bias are at {@code starts}. */
        Task at(long[] starts, long firstRow) {
            MemorySegment q = NativeMemory.pointer(starts[0]);
            MemorySegment k = NativeMemory.pointer(starts[1]);
            MemorySegment v = NativeMemory.pointer(starts[2]);
            MemorySegment out = NativeMemory.pointer(starts[3]);
            MemorySegment bias = NativeMemory.pointer(starts[4]);
            return () -> {
                scores.point(0, q);
                scores.point(1, k);
                weighting.point(1, v);
                weighting.point(2, out);
                if (biased) {
                    scores.point(3, bias);
                }
                if (positions.isPresent()) {
                    positions.get().write(q, firstRow, scoreAddress);
                }
                scores.run();
                softmax.run();
                weighting.run();
            };
        }

        void close() {
            scores.close();
            softmax.close();
            weighting.close();
            positions.ifPresent(RelativePositions.Tile::close);
        }
    }

    /** The tiles of one worker in order, on calls that they share. */
    private record Share(Task[] order, Collection<TileCalls> calls, Buffers buffers) implements Task {
        @Override
        public void run() {
            for (Task task : order) {
                task.run();
            }
        }

        @Override
        public void close() {
            calls.forEach(TileCalls::close);
            buffers.packing().ifPresent(Task::close);
            buffers.positions().ifPresent(Task::close);
        }
    }
}
