package dev.earshot.tensor;

/** A prepared linear layer; made by and only usable with one backend's {@link ParameterScope}. */
public interface Linear {
    /** Columns of x. */
    long inputWidth();

    /** Columns of y. */
    long outputWidth();

    /** Type of the operands in the product; x must have this type. */
    DType computeType();
}
