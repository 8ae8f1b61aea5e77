package dev.earshot.tensor.cpu;

import dev.earshot.tensor.DType;
import dev.earshot.tensor.PixelMatching;
import java.util.Optional;

/** See {@link dev.earshot.tensor.TrainingOps#pixelMatchingBackward}. Reads the features once, from winners and saved sums. */
record PixelMatchingBackward(
        View f,
        View g,
        PixelMatching settings,
        Optional<View> weights,
        View winners,
        View saved,
        View gradCost,
        View gradF,
        View gradG)
        implements Op {
    @Override
    public void bind(Binder binder) {
        MatchingGrid grid = MatchingGrid.of(f, g, settings);
        View first = binder.denseInput(f);
        View second = binder.denseInput(g);
        View toF = binder.input(gradF, DType.F32, gradF.isDense());
        // One tensor for both: a row of it belongs to one unit of work, which adds to it twice.
        View toG = gradG.equals(gradF) ? toF : binder.input(gradG, DType.F32, gradG.isDense());
        MatchingCoefficients coefficients = MatchingCoefficients.of(binder, grid);
        coefficients.bind(binder, new MatchingCoefficients.Inputs(winners, saved, weights, gradCost));
        RowSharing.add(
                binder,
                "pixel gradients " + g,
                (long) grid.anchors() * grid.height(),
                2 * g.elements(),
                worker -> new MatchingGradients(coefficients, first, second, toF, toG));
        binder.finish(toF, gradF);
        if (toG != toF) {
            binder.finish(toG, gradG);
        }
    }
}
