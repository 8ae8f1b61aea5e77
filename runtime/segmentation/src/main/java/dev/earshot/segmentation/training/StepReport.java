package dev.earshot.segmentation.training;

/**
 * What one training step saw. Means over the batch.
 *
 * @param step t, from 1
 * @param loss mean hinge, samples without loss counted as 0
 * @param swappedLoss mean hinge of the anchors with the negatives' sounds, before its weight; 0 where that is off
 * @param costPositive C_pos, cost between anchor and positive
 * @param costNegative C_neg, cost between anchor and negative
 * @param activeShare share of the samples whose hinge is above 0
 * @param gradientNorm global L2 norm of all gradients, before clipping
 * @param learningRate of this step
 * @param stillShare share of the pixels, of both comparisons, whose winner is at displacement 0
 * @param images images that went through the adapted blocks
 */
public record StepReport(
        long step,
        double loss,
        double swappedLoss,
        double costPositive,
        double costNegative,
        double activeShare,
        double gradientNorm,
        double learningRate,
        double stillShare,
        int images) {}
