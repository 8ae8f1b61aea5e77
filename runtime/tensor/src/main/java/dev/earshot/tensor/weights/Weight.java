package dev.earshot.tensor.weights;

import dev.earshot.tensor.HostTensor;
import dev.earshot.tensor.Shape;

/** One tensor that a model asked its {@link WeightLoader} for; readable once {@link WeightLoader#finish()} has passed. */
public final class Weight {
    private final WeightLoader.Ledger ledger;
    private final String key;
    private final Shape shape;
    private final boolean present;

    Weight(WeightLoader.Ledger ledger, String key, Shape shape, boolean present) {
        this.ledger = ledger;
        this.key = key;
        this.shape = shape;
        this.present = present;
    }

    /** The full key, as published. */
    public String key() {
        return key;
    }

    /** The sizes the model expects, and after {@link WeightLoader#finish()} those of the data. */
    public Shape shape() {
        return shape;
    }

    /** False only for a tensor that was declared optional and is not in the file. */
    public boolean present() {
        return present;
    }

    /** The data; see {@link Weights#read}. */
    public HostTensor read() {
        return ledger.read(this);
    }

    /** All elements as fp32 values in a new array, row-major. */
    public float[] floats() {
        return read().toFloats();
    }
}
