package dev.earshot.segmentation.training;

/**
 * The optimiser and its learning rates.
 *
 * @param algorithm what weight decay means
 * @param learningRate lr0, of the first step
 * @param schedule how it falls
 * @param steps T, length of the schedule
 * @param weightDecay wd
 * @param beta1 decay of the first moment
 * @param beta2 decay of the second moment
 * @param eps added to the root of the second moment after its bias correction
 * @param clipNorm largest global L2 norm of all gradients, longer ones are scaled down; 0 for no limit
 */
public record OptimizerSettings(
        Algorithm algorithm,
        double learningRate,
        Schedule schedule,
        long steps,
        double weightDecay,
        double beta1,
        double beta2,
        double eps,
        double clipNorm) {
    /** Where the weight decay goes. */
    public enum Algorithm {
        /** Into the gradient: g + wd * p. */
        ADAM,
        /** Into the parameter, apart from the moments: p * (1 - lr * wd); a parameter without gradient decays too. */
        ADAMW
    }

    /** MoCA's: Adam without weight decay, cosine from 1e-4 over 10,000 steps, no clipping. */
    public static final OptimizerSettings MOCA =
            new OptimizerSettings(Algorithm.ADAM, 1e-4, Schedule.COSINE, 10_000, 0, 0.9, 0.999, 1e-8, 0);

    /** Checks ranges. */
    public OptimizerSettings {
        check("learning rate", learningRate, 0, Double.MAX_VALUE);
        check("weight decay", weightDecay, 0, Double.MAX_VALUE);
        check("beta1", beta1, 0, Math.nextDown(1.0));
        check("beta2", beta2, 0, Math.nextDown(1.0));
        check("eps", eps, Double.MIN_VALUE, Double.MAX_VALUE);
        check("gradient clip", clipNorm, 0, Double.MAX_VALUE);
        if (steps < 1) {
            throw new IllegalArgumentException("optimiser steps: expected at least 1, got " + steps);
        }
    }

    private static void check(String what, double value, double low, double high) {
        if (!(value >= low && value <= high)) {
            throw new IllegalArgumentException(
                    "optimiser %s: expected %s to %s, got %s".formatted(what, low, high, value));
        }
    }

    /** The learning rate of step t = 1, 2, … */
    public double rate(long step) {
        return schedule.rate(learningRate, step, steps);
    }
}
