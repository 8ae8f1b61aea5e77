package dev.earshot.segmentation.sam;

import dev.earshot.tensor.MaskResize;
import dev.earshot.tensor.Tensor;

/** Where the candidates of the mask generator come from: a network, or given logits. */
public interface CandidateSource {
    /** Looks at one crop of the picture; close the result before the next. */
    View open(Crop crop);

    /** One crop, ready to be asked. */
    interface View extends AutoCloseable {
        /** How the masks are brought to the size of the crop. */
        MaskResize resize();

        /**
         * Asks for the object at each point.
         *
         * @param points x, y of each in pixels of the crop
         * @param sink gets the answers, once or in several passes, in the order of the points
         */
        void decode(double[] points, Sink sink);

        @Override
        void close();
    }

    /** Takes candidates. */
    @FunctionalInterface
    interface Sink {
        /**
         * The candidates of some points.
         *
         * @param firstPoint the first of the points, counted within the call of {@link View#decode}
         * @param logits F32 [points, masks of a point, h, w], contiguous; valid until this returns
         * @param predictedIous [points * masks of a point]
         */
        void accept(int firstPoint, Tensor logits, float[] predictedIous);
    }
}
