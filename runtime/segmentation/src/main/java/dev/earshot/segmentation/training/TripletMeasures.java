package dev.earshot.segmentation.training;

import dev.earshot.tensor.Backend;
import dev.earshot.tensor.PixelMatching;
import dev.earshot.tensor.Tensor;

/** Reads what a step left on the device into arrays that are there for good. */
final class TripletMeasures {
    private final int batch;
    private final float stillIndex;
    private final float[] mean = new float[1];
    private final float[] swapped = new float[1];
    private final float[] squaredNorm = new float[1];
    private final float[] hinges;
    private final float[] costs;
    private final float[] winners;

    TripletMeasures(TripletSettings settings, int batch, int pixels) {
        this.batch = batch;
        this.hinges = new float[batch];
        this.costs = new float[2 * batch];
        this.winners = new float[2 * batch * pixels];
        PixelMatching matching = settings.matching();
        int rangeX = matching.rangeX((int) Math.round(Math.sqrt(pixels)));
        this.stillIndex = matching.searches() ? matching.rangeY() * (2 * rangeX + 1) + rangeX : 0;
    }

    /** Waits for the step and sums it up. */
    StepReport read(
            Backend backend,
            TripletLoss.Result loss,
            Tensor swappedLoss,
            Tensor squares,
            long step,
            OptimizerSettings optimizer) {
        backend.download(loss.mean(), mean);
        backend.download(swappedLoss, swapped);
        backend.download(loss.hinges(), hinges);
        backend.download(loss.costs(), costs);
        backend.download(loss.winners(), winners);
        backend.download(squares, squaredNorm);
        double positive = 0;
        double negative = 0;
        int active = 0;
        for (int i = 0; i < batch; i++) {
            positive += costs[i] / batch;
            negative += costs[batch + i] / batch;
            active += hinges[i] > 0 ? 1 : 0;
        }
        int still = 0;
        for (float winner : winners) {
            still += winner == stillIndex ? 1 : 0;
        }
        return new StepReport(
                step,
                mean[0],
                swapped[0],
                positive,
                negative,
                (double) active / batch,
                Math.sqrt(squaredNorm[0]),
                optimizer.rate(step),
                (double) still / winners.length,
                3 * batch);
    }
}
