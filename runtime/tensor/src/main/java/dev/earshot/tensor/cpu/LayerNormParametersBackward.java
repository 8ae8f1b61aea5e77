package dev.earshot.tensor.cpu;

import dev.earshot.tensor.DType;

/**
 * Backward of a layer norm in its scale and shift: column sums over all rows. Rows are summed in fp64, in chunks of a fixed
 * size that then are added in order, so that the result does not depend on the number of workers.
 */
record LayerNormParametersBackward(View x, float eps, View gradOut, View gradGamma, View gradBeta) implements Op {
    private static final int CHUNK = 128;

    @Override
    public void bind(Binder binder) {
        LoopSpace space = RowBackward.rows(x, gradOut);
        int width = Math.toIntExact(x.dim(-1));
        long rows = space.rows() * space.rowLength();
        long chunks = (rows + CHUNK - 1) / CHUNK;
        // I64 for room: sums of gamma and beta of every chunk, as doubles.
        long partial = binder.temporary(DType.I64, chunks, 2, width).address();
        RowSharing.add(binder, "layerNorm parameters backward " + x, chunks, x.elements(), worker -> {
            float[] centred = new float[width];
            long normed = worker.scratch().allocate(4L * width);
            RowBackward.FloatRow floats = new RowBackward.FloatRow(worker, x.dtype(), width);
            return chunk -> {
                long gamma = partial + 16 * chunk * width;
                Vectors.clear(gamma, 2 * width);
                for (long row = chunk * CHUNK; row < Math.min(rows, (chunk + 1) * CHUNK); row++) {
                    HeapRows.load(floats.of(x.at(RowBackward.offset(space, 0, row))), centred, width);
                    long grad = gradOut.at(RowBackward.offset(space, 1, row));
                    float scale = RowBackward.centre(centred, eps, width);
                    HeapRows.store(centred, normed, width);
                    Vectors.scale(scale, normed, width);
                    Vectors.addProductTo(gamma, grad, normed, width);
                    Vectors.addTo(gamma + 8L * width, grad, width);
                }
            };
        });
        addChunks(binder, partial, chunks, width, gradGamma);
        addChunks(binder, partial + 8L * width, chunks, width, gradBeta);
    }

    private static void addChunks(Binder binder, long partial, long chunks, int width, View gradient) {
        RowSharing.add(binder, "add chunks " + gradient, 1, width, worker -> ignored -> {
            for (long chunk = 1; chunk < chunks; chunk++) {
                Vectors.addSums(partial, partial + 16 * chunk * width, width);
            }
            Vectors.addScaledSums(1, partial, gradient.address(), width);
        });
    }
}
