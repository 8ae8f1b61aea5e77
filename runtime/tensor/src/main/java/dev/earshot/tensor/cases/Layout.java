package dev.earshot.tensor.cases;

import dev.earshot.tensor.Shape;
import dev.earshot.tensor.Tensor;

/** How the tensor of a row lies in its buffer. */
enum Layout {
    /** The whole buffer, row-major. */
    DENSE {
        @Override
        Shape buffer(Shape shape) {
            return shape;
        }

        @Override
        Tensor view(Tensor buffer, Shape shape) {
            return buffer;
        }
    },
    /** Some columns of a wider buffer; the innermost stride is 1. */
    COLUMNS {
        @Override
        Shape buffer(Shape shape) {
            return shape.with(-1, shape.dim(-1) + LEFT + RIGHT);
        }

        @Override
        Tensor view(Tensor buffer, Shape shape) {
            return buffer.slice(-1, LEFT, LEFT + shape.dim(-1));
        }
    },
    /** The last two axes exchanged in memory. */
    TRANSPOSED {
        @Override
        Shape buffer(Shape shape) {
            return shape.with(-1, shape.dim(-2)).with(-2, shape.dim(-1));
        }

        @Override
        Tensor view(Tensor buffer, Shape shape) {
            return buffer.transpose(-1, -2);
        }
    },
    /** Every third element of a buffer; no stride is 1. */
    SPREAD {
        @Override
        Shape buffer(Shape shape) {
            return shape.with(-1, shape.dim(-1) * SPREADING);
        }

        @Override
        Tensor view(Tensor buffer, Shape shape) {
            long[] dims = new long[shape.rank() + 1];
            System.arraycopy(shape.toArray(), 0, dims, 0, shape.rank());
            dims[shape.rank()] = SPREADING;
            return buffer.reshape(dims).select(-1, 1);
        }
    };

    private static final long LEFT = 5;
    private static final long RIGHT = 6;
    private static final long SPREADING = 3;

    /** Shape of the dense buffer that holds a view of {@code shape}. */
    abstract Shape buffer(Shape shape);

    /** The view of {@code shape} in a buffer of shape {@code buffer(shape)}. */
    abstract Tensor view(Tensor buffer, Shape shape);

    /** For example {@code " spread"}, and nothing for a dense tensor. */
    String suffix() {
        return this == DENSE ? "" : " " + name().toLowerCase(java.util.Locale.ROOT);
    }
}
