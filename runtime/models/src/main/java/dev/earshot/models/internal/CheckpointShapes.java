package dev.earshot.models.internal;

import dev.earshot.tensor.Shape;
import dev.earshot.tensor.weights.Weights;
import dev.earshot.tensor.weights.WeightsException;
import java.util.function.Supplier;

/** Sizes of a model read off the shapes of a weight file, whatever the file holds. */
public final class CheckpointShapes {
    private final Weights weights;

    /** Reads names, shapes and metadata of {@code weights}, no data. */
    public CheckpointShapes(Weights weights) {
        this.weights = weights;
    }

    /**
     * Runs {@code derive}, whose complaints about numbers (a width of 0, heads that do not divide it) become complaints
     * about the file.
     */
    public <T> T derive(String model, Supplier<T> derive) {
        try {
            return derive.get();
        } catch (IllegalArgumentException | ArithmeticException e) {
            throw new WeightsException(
                    "%s: sizes of %s: expected shapes of one model, got these: %s"
                            .formatted(weights.source(), model, e.getMessage()),
                    e);
        }
    }

    /** One size of a tensor that must have {@code rank} axes; {@code axis} may count from the end. */
    public int dim(String key, int rank, int axis) {
        Shape shape = weights.shape(key);
        if (shape.rank() != rank) {
            throw WeightsException.of(
                    weights.source(), key, "%d axes".formatted(rank), shape.toString(), "is the file damaged?");
        }
        return Math.toIntExact(shape.dim(axis));
    }

    /** Side n of the square grid behind a positional table [1, 1 + n * n, D]. */
    public int gridSide(String key) {
        int patches = dim(key, 3, 1) - 1;
        int side = (int) Math.round(Math.sqrt(patches));
        if (side * side != patches) {
            throw WeightsException.of(
                    weights.source(), key, "1 + n * n rows", patches + 1 + " rows", "is the file damaged?");
        }
        return side;
    }

    /** How many blocks there are: {@code key} has {@code %d} for the number of the block, from 0. */
    public int depth(String key) {
        int depth = 0;
        while (weights.contains(key.formatted(depth))) {
            depth++;
        }
        return depth;
    }

    /**
     * Attention heads, which no shape tells: the number in the file's metadata, or else heads as wide as in the published
     * model.
     */
    public int heads(String metadataKey, int width, int publishedHeadDim) {
        String stated = weights.metadata().get(metadataKey);
        if (stated == null && width % publishedHeadDim == 0) {
            return width / publishedHeadDim;
        }
        if (stated == null || !stated.matches("[1-9][0-9]{0,5}") || width % Integer.parseInt(stated) != 0) {
            throw WeightsException.of(
                    weights.source(),
                    "head count for width " + width,
                    "metadata entry %s with a divisor of the width".formatted(metadataKey),
                    stated == null ? "no such entry" : WeightsException.quote(stated),
                    "write it into the file's metadata or give the configuration");
        }
        return Integer.parseInt(stated);
    }
}
