package dev.earshot.tensor.kmeans;

/** Vectors whose cosines with all rows are wanted together. Room for as many as its owner has; used again and again. */
final class Queries {
    private final float[][] vectors;
    private final double[][] results;
    private final float[][] partial;
    private int count;

    /**
     * Room for queries.
     *
     * @param rows most rows that are looked at in one go
     */
    Queries(int capacity, int rows) {
        this.vectors = new float[capacity][];
        this.results = new double[capacity][];
        this.partial = new float[capacity][rows];
    }

    /** Starts anew. */
    void clear() {
        count = 0;
    }

    /**
     * Asks for the inner products of a vector with all rows.
     *
     * @param vector [{@link UnitRows#stride}], 0 behind the width
     * @param result [rows]
     */
    void add(float[] vector, double[] result) {
        vectors[count] = vector;
        results[count] = result;
        count++;
    }

    int count() {
        return count;
    }

    float[] vector(int query) {
        return vectors[query];
    }

    double[] result(int query) {
        return results[query];
    }

    /** fp32 sums over the channels of one block. */
    float[] partial(int query) {
        return partial[query];
    }
}
