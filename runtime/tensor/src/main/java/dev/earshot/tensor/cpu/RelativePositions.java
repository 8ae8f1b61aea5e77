package dev.earshot.tensor.cpu;

import dev.earshot.bindings.onednn.dnnl;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.internal.NativeMemory;
import java.lang.foreign.MemorySegment;

/**
 * The position terms of {@link dev.earshot.tensor.Backend#gridAttention} for one worker's tiles of scores. One product of a
 * tile's queries with both tables gives every term that its rows may need; a row's own terms are two runs of it, since the
 * tables are held upside down: distance y - y' falls as the key's row y' rises.
 */
final class RelativePositions implements Task {
    private final Binder binder;
    private final Worker worker;
    private final View q;
    private final int heads;
    private final View rowTable;
    private final View columnTable;
    private final int h;
    private final int w;
    private final View tables; // [2h - 1 + 2w - 1, hd], in the type of q
    private final MemorySegment held;
    private final RightOperand right;
    private final long terms; // [rows of a tile, 2h - 1 + 2w - 1]
    private final float[] row; // of the terms
    private final float[] byColumn; // the column terms of a query, by the key's column
    private final float[] sums; // its terms for one row of keys

    RelativePositions(
            Binder binder, Worker worker, View q, int heads, Attention.Positions positions, AttentionTiles tiles) {
        this.binder = binder;
        this.worker = worker;
        this.q = q;
        this.heads = heads;
        this.rowTable = positions.rowTable();
        this.columnTable = positions.columnTable();
        this.h = Math.toIntExact((rowTable.dim(0) + 1) / 2);
        this.w = Math.toIntExact((columnTable.dim(0) + 1) / 2);
        long distances = rowTable.dim(0) + columnTable.dim(0);
        long width = rowTable.dim(1);
        long address = worker.scratch().allocate(distances * width * q.dtype().bytes());
        this.held = NativeMemory.pointer(address);
        this.tables = View.dense(address, q.dtype(), distances, width);
        this.right = new RightOperand(binder, worker, tables, width, distances, Products.Layout.columns(width));
        this.terms = worker.scratch().allocate(4 * tiles.rows() * distances);
        this.row = new float[Math.toIntExact(distances)];
        this.byColumn = new float[w];
        this.sums = new float[w];
    }

    /** Takes the tables as they are now. */
    @Override
    public void run() {
        turn(rowTable, 0);
        turn(columnTable, rowTable.dim(0));
        right.set(held);
    }

    private void turn(View table, long firstRow) {
        long width = table.dim(1);
        long last = table.dim(0) - 1;
        for (long row = 0; row <= last; row++) {
            long target = tables.at((firstRow + last - row) * width);
            Rows.store(tables.dtype(), table.at(row * width), target, 1, Math.toIntExact(width));
        }
    }

    /** The terms of tiles of one height. */
    final class Tile {
        private final long rows;
        private final Call product;

        private Tile(long rows) {
            this.rows = rows;
            long width = q.dim(2) / heads;
            Products.Key key = new Products.Key(
                    q.dtype(),
                    DType.F32,
                    rows,
                    width,
                    tables.dim(0),
                    Products.Layout.rows(Products.rowStride(q)),
                    right.layout(),
                    tables.dim(0),
                    1,
                    Products.Bias.NONE);
            this.product = Call.of(worker, Products.primitive(binder, key))
                    .with(dnnl.DNNL_ARG_SRC(), q.address())
                    .with(dnnl.DNNL_ARG_WEIGHTS(), right.address().address())
                    .with(dnnl.DNNL_ARG_DST(), terms)
                    .bind();
        }

        /** Writes the terms of the queries from token {@code first} on, which lie at {@code queries}, over their scores. */
        void write(MemorySegment queries, long first, long scores) {
            product.point(0, queries);
            product.run();
            long at = scores;
            for (long i = 0; i < rows; i++) {
                int y = (int) ((first + i) / w);
                int x = (int) ((first + i) % w);
                HeapRows.load(terms + 4 * i * row.length, row, row.length);
                System.arraycopy(row, 2 * h - 1 + w - 1 - x, byColumn, 0, w);
                for (int keyRow = 0; keyRow < h; keyRow++) {
                    HeapRows.shift(byColumn, row[h - 1 - y + keyRow], sums, w);
                    HeapRows.store(sums, at, w);
                    at += 4L * w;
                }
            }
        }

        void close() {
            product.close();
        }
    }

    /** For tiles of {@code rows} query rows; closed by whoever asks. */
    Tile tile(long rows) {
        return new Tile(rows);
    }

    @Override
    public void close() {
        right.close();
    }
}
