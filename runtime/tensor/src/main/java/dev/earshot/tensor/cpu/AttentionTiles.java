package dev.earshot.tensor.cpu;

/**
 * How the score matrices of an attention are cut: every head of every batch element into blocks of query rows.
 *
 * @param heads of one batch element
 * @param queries rows of one head
 * @param rows of a block; the last one of a head may have fewer
 * @param perHead blocks of one head
 * @param count blocks in all
 */
record AttentionTiles(int heads, long queries, long rows, long perHead, long count) {
    /** Scores of a block: some megabytes stay in the outer caches and blocks of 64 to 256 rows measured alike. */
    private static final long SCORE_BYTES = 1L << 20;

    private static final long FEWEST_ROWS = 64;
    private static final long MOST_ROWS = 256;

    /** A block: which one of a batch's heads, and its query rows. */
    record Tile(long batch, long head, long firstRow, long rows) {}

    static AttentionTiles of(long batch, int heads, long queries, long keys, int workers) {
        long most = Math.clamp(SCORE_BYTES / (4 * keys), FEWEST_ROWS, MOST_ROWS);
        long perHead = Math.max((queries + most - 1) / most, (workers + batch * heads - 1) / (batch * heads));
        long rows = Math.max(1, (queries + perHead - 1) / perHead);
        perHead = (queries + rows - 1) / rows;
        return new AttentionTiles(heads, queries, rows, perHead, batch * heads * perHead);
    }

    Tile tile(long index) {
        long first = index % perHead * rows;
        long head = index / perHead;
        return new Tile(head / heads, head % heads, first, Math.min(rows, queries - first));
    }
}
