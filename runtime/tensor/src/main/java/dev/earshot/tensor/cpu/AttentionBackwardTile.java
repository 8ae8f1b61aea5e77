package dev.earshot.tensor.cpu;

import dev.earshot.bindings.onednn.dnnl;
import dev.earshot.tensor.DType;
import java.lang.foreign.MemorySegment;
import java.util.Optional;

/** The calls of {@link AttentionBackward} for tiles of one height, bound to one worker. */
final class AttentionBackwardTile implements AutoCloseable {
    private final AttentionBackward op;
    private final Room room;
    private final long rows;
    private final int keys;
    private final float[] p; // a row of P
    private final float[] d; // a row of dS
    private final Call score;
    private final Call softmax;
    private final Call slope;
    private final Call query;
    private final Optional<ForKeys> forKeys;

    /** The products for the gradients of keys and values, and what of a tile they read. */
    private record ForKeys(Call values, Call keys, RightOperand grad, RightOperand queries) {}

    /**
     * Temporaries of one worker.
     *
     * @param weights address of P, dense [rows of a tile, keys]
     * @param slopes address of dS, as P
     * @param keysTurned k^T of the head
     * @param valuesTurned v^T of the head
     * @param keys k of the head
     */
    record Room(long weights, long slopes, RightOperand keysTurned, RightOperand valuesTurned, RightOperand keys)
            implements AutoCloseable {
        static Room of(Binder binder, Worker worker, AttentionBackward.Operands o, int heads, long rows) {
            long count = o.k().dim(1);
            long width = o.k().dim(2) / heads;
            long valueWidth = o.v().dim(2) / heads;
            return new Room(
                    worker.scratch().allocate(4 * rows * count),
                    worker.scratch().allocate(4 * rows * count),
                    new RightOperand(binder, worker, o.k(), width, count, byColumns(o.k())),
                    new RightOperand(binder, worker, o.v(), valueWidth, count, byColumns(o.v())),
                    new RightOperand(binder, worker, o.k(), count, width, byRows(o.k())));
        }

        /** Takes the head whose keys and values are at these addresses. */
        void head(MemorySegment k, MemorySegment v) {
            keysTurned.set(k);
            valuesTurned.set(v);
            keys.set(k);
        }

        @Override
        public void close() {
            keysTurned.close();
            valuesTurned.close();
            keys.close();
        }
    }

    AttentionBackwardTile(
            Binder binder, Worker worker, AttentionBackward op, AttentionBackward.Operands o, Room room, long rows) {
        this.op = op;
        this.room = room;
        this.rows = rows;
        this.keys = Math.toIntExact(o.k().dim(1));
        this.p = new float[keys];
        this.d = new float[keys];
        long width = o.q().dim(2) / op.heads();
        long valueWidth = o.v().dim(2) / op.heads();
        Products.Layout scores = Products.Layout.rows(keys);
        this.score = score(binder, worker, o, width);
        this.softmax = Call.of(worker, NormOps.Softmax.primitive(binder, rows, keys, DType.F32))
                .with(dnnl.DNNL_ARG_SRC(), room.weights())
                .with(dnnl.DNNL_ARG_DST(), room.weights())
                .bind();
        this.slope = Call.of(
                        worker,
                        primitive(
                                binder,
                                new long[] {rows, valueWidth, keys},
                                byRows(o.grad()),
                                room.valuesTurned(),
                                keys,
                                Products.Bias.NONE))
                .with(dnnl.DNNL_ARG_SRC(), o.grad().address())
                .with(dnnl.DNNL_ARG_WEIGHTS(), room.valuesTurned().address().address())
                .with(dnnl.DNNL_ARG_DST(), room.slopes())
                .bind();
        this.query =
                sum(binder, worker, new long[] {rows, keys, width}, scores, room.slopes(), room.keys(), op.gradQ());
        this.forKeys = op.gradKeys().map(gradients -> {
            Products.Layout turned = Products.Layout.columns(keys);
            RightOperand grad = new RightOperand(binder, worker, o.grad(), rows, valueWidth, byRows(o.grad()));
            RightOperand queries = new RightOperand(binder, worker, o.q(), rows, width, byRows(o.q()));
            return new ForKeys(
                    sum(
                            binder,
                            worker,
                            new long[] {keys, rows, valueWidth},
                            turned,
                            room.weights(),
                            grad,
                            gradients.gradV()),
                    sum(
                            binder,
                            worker,
                            new long[] {keys, rows, width},
                            turned,
                            room.slopes(),
                            queries,
                            gradients.gradK()),
                    grad,
                    queries);
        });
    }

    private static Products.Layout byRows(View x) {
        return Products.Layout.rows(Products.rowStride(x));
    }

    private static Products.Layout byColumns(View x) {
        return Products.Layout.columns(Products.rowStride(x));
    }

    private Call score(Binder binder, Worker worker, AttentionBackward.Operands o, long width) {
        Products.Bias kind = o.bias()
                .map(b -> b.dim(2) == 1 ? Products.Bias.ROW : Products.Bias.MATRIX)
                .orElse(Products.Bias.NONE);
        Products.Key key = new Products.Key(
                DType.F32,
                DType.F32,
                rows,
                width,
                keys,
                byRows(o.q()),
                room.keysTurned().layout(),
                keys,
                op.scale(),
                kind);
        Call.Builder call = Call.of(worker, Products.primitive(binder, key))
                .with(dnnl.DNNL_ARG_SRC(), o.q().address())
                .with(dnnl.DNNL_ARG_WEIGHTS(), room.keysTurned().address().address())
                .with(dnnl.DNNL_ARG_DST(), room.weights());
        o.bias().ifPresent(b -> call.with(Call.postOperand(key.epilogue().additionIndex()), b.address()));
        return call.bind();
    }

    /** {@code sizes} are rows, depth and columns. */
    private static Primitive primitive(
            Binder binder,
            long[] sizes,
            Products.Layout left,
            RightOperand right,
            long resultStride,
            Products.Bias bias) {
        return Products.primitive(
                binder,
                new Products.Key(
                        DType.F32,
                        DType.F32,
                        sizes[0],
                        sizes[1],
                        sizes[2],
                        left,
                        right.layout(),
                        resultStride,
                        1,
                        bias));
    }

    /** A product that is added to a gradient. */
    private static Call sum(
            Binder binder,
            Worker worker,
            long[] sizes,
            Products.Layout leftLayout,
            long left,
            RightOperand right,
            View gradient) {
        Primitive primitive =
                primitive(binder, sizes, leftLayout, right, Products.rowStride(gradient), Products.Bias.RESULT);
        return Call.of(worker, primitive)
                .with(dnnl.DNNL_ARG_SRC(), left)
                .with(dnnl.DNNL_ARG_WEIGHTS(), right.address().address())
                .with(dnnl.DNNL_ARG_DST(), gradient.address())
                .bind();
    }

    /** Where one tile's operands and gradients begin; null pointers for those that the op does not have. */
    record Places(
            MemorySegment q,
            MemorySegment grad,
            MemorySegment bias,
            MemorySegment gradQ,
            MemorySegment gradK,
            MemorySegment gradV) {}

    /** Adds one tile's share to all gradients; the head was given to the {@link Room}. */
    void run(Places at) {
        score.point(0, at.q());
        score.point(1, room.keysTurned().address());
        if (op.bias().isPresent()) {
            score.point(3, at.bias());
        }
        score.run();
        softmax.run();
        slope.point(0, at.grad());
        slope.point(1, room.valuesTurned().address());
        slope.run();
        for (long row = 0; row < rows; row++) {
            long slopes = room.slopes() + 4 * row * keys;
            HeapRows.load(room.weights() + 4 * row * keys, p, keys);
            HeapRows.load(slopes, d, keys);
            HeapRows.softmaxSlopes(p, d, Dots.product(p, d, keys), op.scale(), keys);
            HeapRows.store(d, slopes, keys);
        }
        sum(query, room.keys(), at.gradQ());
        if (forKeys.isPresent()) {
            ForKeys calls = forKeys.get();
            calls.grad().set(at.grad());
            sum(calls.values(), calls.grad(), at.gradV());
            calls.queries().set(at.q());
            sum(calls.keys(), calls.queries(), at.gradK());
        }
    }

    private static void sum(Call product, RightOperand right, MemorySegment gradient) {
        product.point(1, right.address());
        product.point(2, gradient);
        product.run();
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
            calls.grad().close();
            calls.queries().close();
        });
    }
}
