package dev.earshot.tensor.cpu;

import static dev.earshot.tensor.cpu.NativeMemory.ALL;

import dev.earshot.bindings.onednn.dnnl;
import dev.earshot.tensor.DType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
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
    private static final ValueLayout.OfFloat F32 = ValueLayout.JAVA_FLOAT_UNALIGNED;

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
    private record Operands(View q, View k, View v, View grad, Optional<View> bias) {}

    private Task share(Binder binder, Worker worker, Operands operands, AttentionTiles tiles, long from, long to) {
        long scoreCount = tiles.rows() * operands.k().dim(1);
        long weights = worker.scratch().allocate(4 * scoreCount);
        long slopes = worker.scratch().allocate(4 * scoreCount);
        Map<Long, TileCalls> calls = new HashMap<>();
        List<Task> order = new ArrayList<>();
        for (long i = from * tiles.perHead(); i < to * tiles.perHead(); i++) {
            AttentionTiles.Tile tile = tiles.tile(i);
            TileCalls tileCalls =
                    calls.computeIfAbsent(tile.rows(), rows -> calls(binder, worker, operands, rows, weights, slopes));
            order.add(tileCalls.at(this, operands, tile));
        }
        return new Share(order.toArray(Task[]::new), calls.values().toArray(Task[]::new));
    }

    /** The tiles of one worker in order, on calls that they share. */
    private record Share(Task[] order, Task[] owned) implements Task {
        @Override
        public void run() {
            for (Task task : order) {
                task.run();
            }
        }

        @Override
        public void close() {
            for (Task task : owned) {
                task.close();
            }
        }
    }

    private long at(View tokens, AttentionTiles.Tile tile, long row) {
        return tokens.at(
                tile.batch() * tokens.stride(0) + row * tokens.stride(1) + tile.head() * (tokens.dim(2) / heads));
    }

    private static Products.Layout byRows(View x) {
        return Products.Layout.rows(Products.rowStride(x));
    }

    private static Products.Layout byColumns(View x) {
        return Products.Layout.columns(Products.rowStride(x));
    }

    private TileCalls calls(Binder binder, Worker worker, Operands o, long rows, long weights, long slopes) {
        long keys = o.k().dim(1);
        long width = o.q().dim(2) / heads;
        long valueWidth = o.v().dim(2) / heads;
        Products.Bias kind = o.bias()
                .map(b -> b.dim(2) == 1 ? Products.Bias.ROW : Products.Bias.MATRIX)
                .orElse(Products.Bias.NONE);
        Products.Layout scores = Products.Layout.rows(keys);
        Products.Layout scoresTransposed = Products.Layout.columns(keys);
        Products.Key scoreKey = key(rows, width, keys, byRows(o.q()), byColumns(o.k()), keys, scale, kind);
        Call.Builder score = Call.of(worker, Products.primitive(binder, scoreKey))
                .with(dnnl.DNNL_ARG_SRC(), o.q().address())
                .with(dnnl.DNNL_ARG_WEIGHTS(), o.k().address())
                .with(dnnl.DNNL_ARG_DST(), weights);
        o.bias().ifPresent(b -> score.with(Call.postOperand(scoreKey.epilogue().additionIndex()), b.address()));
        Call softmax = Call.of(worker, NormOps.Softmax.primitive(binder, rows, keys, DType.F32))
                .with(dnnl.DNNL_ARG_SRC(), weights)
                .with(dnnl.DNNL_ARG_DST(), weights)
                .bind();
        Call slope = product(
                binder,
                worker,
                key(rows, valueWidth, keys, byRows(o.grad()), byColumns(o.v()), keys, 1, Products.Bias.NONE),
                o.grad().address(),
                o.v().address(),
                slopes);
        Call query = product(
                binder,
                worker,
                key(rows, keys, width, scores, byRows(o.k()), Products.rowStride(gradQ), 1, Products.Bias.RESULT),
                slopes,
                o.k().address(),
                gradQ.address());
        Optional<KeyCalls> forKeys = gradKeys.map(g -> new KeyCalls(
                product(
                        binder,
                        worker,
                        key(
                                keys,
                                rows,
                                valueWidth,
                                scoresTransposed,
                                byRows(o.grad()),
                                Products.rowStride(g.gradV()),
                                1,
                                Products.Bias.RESULT),
                        weights,
                        o.grad().address(),
                        g.gradV().address()),
                product(
                        binder,
                        worker,
                        key(
                                keys,
                                rows,
                                width,
                                scoresTransposed,
                                byRows(o.q()),
                                Products.rowStride(g.gradK()),
                                1,
                                Products.Bias.RESULT),
                        slopes,
                        o.q().address(),
                        g.gradK().address())));
        return new TileCalls(
                score.bind(), softmax, slope, query, forKeys, new Scores(weights, slopes, rows, (int) keys, scale));
    }

    private static Products.Key key(
            long rows,
            long depth,
            long columns,
            Products.Layout left,
            Products.Layout right,
            long resultStride,
            float scale,
            Products.Bias bias) {
        return new Products.Key(DType.F32, DType.F32, rows, depth, columns, left, right, resultStride, scale, bias);
    }

    private static Call product(Binder binder, Worker worker, Products.Key key, long left, long right, long result) {
        return Call.of(worker, Products.primitive(binder, key))
                .with(dnnl.DNNL_ARG_SRC(), left)
                .with(dnnl.DNNL_ARG_WEIGHTS(), right)
                .with(dnnl.DNNL_ARG_DST(), result)
                .bind();
    }

    /** Weights and the gradients of a tile's scores, dense [rows, keys]. */
    private record Scores(long weights, long slopes, long rows, int keys, float scale) {
        /** Turns the gradients of the weights into those of the scores. */
        void backward() {
            for (long row = 0; row < rows; row++) {
                long p = weights + 4 * row * keys;
                long d = slopes + 4 * row * keys;
                scaleSlopes(p, d, Dots.product(p, d, keys), scale, keys);
            }
        }

        private static void scaleSlopes(long p, long d, float projection, float scale, int n) {
            for (int i = 0; i < n; i++) {
                float slope = ALL.get(F32, p + 4L * i) * (ALL.get(F32, d + 4L * i) - projection);
                ALL.set(F32, d + 4L * i, scale * slope);
            }
        }
    }

    /** The products for the gradients of values and keys. */
    private record KeyCalls(Call values, Call keys) {}

    /** The calls for tiles of one height. */
    private record TileCalls(
            Call score, Call softmax, Call slope, Call query, Optional<KeyCalls> forKeys, Scores scores)
            implements Task {
        /** These calls on one tile. */
        Task at(AttentionBackward op, Operands o, AttentionTiles.Tile tile) {
            MemorySegment q = NativeMemory.pointer(op.at(o.q(), tile, tile.firstRow()));
            MemorySegment k = NativeMemory.pointer(op.at(o.k(), tile, 0));
            MemorySegment v = NativeMemory.pointer(op.at(o.v(), tile, 0));
            MemorySegment grad = NativeMemory.pointer(op.at(o.grad(), tile, tile.firstRow()));
            MemorySegment gradQ = NativeMemory.pointer(op.at(op.gradQ, tile, tile.firstRow()));
            MemorySegment gradK = NativeMemory.pointer(
                    op.gradKeys.map(g -> op.at(g.gradK(), tile, 0)).orElse(0L));
            MemorySegment gradV = NativeMemory.pointer(
                    op.gradKeys.map(g -> op.at(g.gradV(), tile, 0)).orElse(0L));
            MemorySegment bias = NativeMemory.pointer(o.bias()
                    .map(b -> b.at(
                            tile.batch() * b.stride(0) + tile.head() * b.stride(1) + tile.firstRow() * b.stride(2)))
                    .orElse(0L));
            return () -> {
                score.point(0, q);
                score.point(1, k);
                if (o.bias().isPresent()) {
                    score.point(3, bias);
                }
                slope.point(0, grad);
                slope.point(1, v);
                query.point(1, k);
                query.point(2, gradQ);
                if (forKeys.isPresent()) {
                    forKeys.get().values().point(1, grad);
                    forKeys.get().values().point(2, gradV);
                    forKeys.get().keys().point(1, q);
                    forKeys.get().keys().point(2, gradK);
                }
                run();
            };
        }

        @Override
        public void run() {
            score.run();
            softmax.run();
            slope.run();
            if (forKeys.isPresent()) {
                forKeys.get().values().run();
            }
            scores.backward();
            query.run();
            if (forKeys.isPresent()) {
                forKeys.get().keys().run();
            }
        }

        @Override
        public void close() {
            score.close();
            softmax.close();
            slope.close();
            query.close();
            forKeys.ifPresent(calls -> {
                calls.values().close();
                calls.keys().close();
            });
        }
    }
}
