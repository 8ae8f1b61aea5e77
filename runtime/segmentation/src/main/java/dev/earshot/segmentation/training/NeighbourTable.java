package dev.earshot.segmentation.training;

import dev.earshot.tensor.DType;
import dev.earshot.tensor.HostTensor;
import dev.earshot.tensor.Shape;
import dev.earshot.tensor.weights.SafetensorsWriter;
import dev.earshot.tensor.weights.Weights;
import dev.earshot.tensor.weights.WeightsException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Objects;

/**
 * The K nearest neighbours of every image by cosine similarity, best first, ties to the lower index; never the image
 * itself. Immutable. {@link NeighbourSearch} makes one.
 */
public final class NeighbourTable {
    private static final String NEIGHBOURS = "neighbours";
    private static final String SIMILARITY = "similarity";

    private final int k;
    private final int[] neighbours;
    private final float[] similarities;

    /**
     * Wraps a table.
     *
     * @param k neighbours of each image
     * @param neighbours [N, K]; owned by the table from now on
     * @param similarities [N, K]; owned by the table from now on
     */
    public NeighbourTable(int k, int[] neighbours, float[] similarities) {
        if (k < 1 || neighbours.length % k != 0 || similarities.length != neighbours.length) {
            throw new IllegalArgumentException("neighbour table: expected [N, %d] twice, got %d and %d values"
                    .formatted(k, neighbours.length, similarities.length));
        }
        this.k = k;
        this.neighbours = neighbours;
        this.similarities = similarities;
        for (int i = 0; i < neighbours.length; i++) {
            if (neighbours[i] < 0 || neighbours[i] >= size() || neighbours[i] == i / k) {
                throw new IllegalArgumentException(
                        "neighbour table: expected another of the %d images, got %d in row %d"
                                .formatted(size(), neighbours[i], i / k));
            }
        }
    }

    /** Number of images N. */
    public int size() {
        return neighbours.length / k;
    }

    /** Neighbours of each image. */
    public int k() {
        return k;
    }

    /** The neighbour of an image at a rank, 0 for the best. */
    public int neighbour(int image, int rank) {
        return neighbours[image * k + Objects.checkIndex(rank, k)];
    }

    /** The cosine of an image and its neighbour at a rank. */
    public float similarity(int image, int rank) {
        return similarities[image * k + Objects.checkIndex(rank, k)];
    }

    /** All neighbours, [N, K]; a copy. */
    public int[] neighbours() {
        return neighbours.clone();
    }

    /** All similarities, [N, K]; a copy. */
    public float[] similarities() {
        return similarities.clone();
    }

    /** True if {@code image} is {@code anchor} or in its list; the other way round is not asked. */
    public boolean isSelfOrNeighbour(int anchor, int image) {
        boolean found = anchor == image;
        for (int i = anchor * k; i < anchor * k + k; i++) {
            found |= neighbours[i] == image;
        }
        return found;
    }

    /** Hash of the neighbours, for checkpoints: what is sampled depends on nothing else. */
    public String sha256() {
        return Sha256.of(MemorySegment.ofArray(neighbours).toArray(ValueLayout.JAVA_BYTE));
    }

    /** Writes {@code neighbours} I32 [N, K] and {@code similarity} F32 [N, K]; the file appears whole or not at all. */
    public void write(Path file, Map<String, String> metadata) {
        SafetensorsWriter writer = new SafetensorsWriter();
        metadata.forEach(writer::metadata);
        Shape shape = Shape.of(size(), k);
        writer.tensor(NEIGHBOURS, new HostTensor(MemorySegment.ofArray(neighbours), DType.I32, shape));
        writer.tensor(SIMILARITY, new HostTensor(MemorySegment.ofArray(similarities), DType.F32, shape));
        writer.write(file);
    }

    /**
     * Reads what {@link #write} wrote.
     *
     * @throws WeightsException if it is no such table
     */
    public static NeighbourTable read(Weights file) {
        HostTensor indices = file.read(NEIGHBOURS);
        HostTensor cosines = file.read(SIMILARITY);
        boolean table = indices.dtype() == DType.I32
                && cosines.dtype() == DType.F32
                && indices.shape().rank() == 2
                && indices.shape().equals(cosines.shape());
        if (!table) {
            throw WeightsException.of(
                    file.source(),
                    "neighbour table",
                    "neighbours I32 [N, K] and similarity F32 [N, K]",
                    indices.dtype() + " " + indices.shape() + " and " + cosines.dtype() + " " + cosines.shape());
        }
        try {
            return new NeighbourTable(
                    Math.toIntExact(indices.shape().dim(1)),
                    indices.data().toArray(ValueLayout.JAVA_INT_UNALIGNED),
                    cosines.data().toArray(ValueLayout.JAVA_FLOAT_UNALIGNED));
        } catch (IllegalArgumentException e) {
            throw new WeightsException(file.source() + ": " + e.getMessage(), e);
        }
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof NeighbourTable table
                && k == table.k
                && Arrays.equals(neighbours, table.neighbours)
                && Arrays.equals(similarities, table.similarities);
    }

    @Override
    public int hashCode() {
        return 31 * Arrays.hashCode(neighbours) + k;
    }

    @Override
    public String toString() {
        return "NeighbourTable[" + size() + ", " + k + "]";
    }
}
