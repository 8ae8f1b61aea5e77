package dev.earshot.segmentation.metrics;

import java.util.List;

/**
 * Figures over a test set that is scored in batches, each batch weighing the same.
 *
 * @param videosPerBatch the batch size; F depends on it, and the IoU does if the last batch is smaller.
 *     {@link AvsbenchMetric#ALL_VIDEOS} for one batch of everything
 * @param miou mean of the batches' IoU, a fraction
 * @param fscore mean of the batches' F, a fraction
 * @param batches batch by batch, in order
 */
public record BatchedScore(int videosPerBatch, double miou, double fscore, List<Batch> batches) {
    /**
     * One batch.
     *
     * @param videos how many videos it holds; the last one may be smaller
     * @param iou mean over its frames
     * @param f largest over the thresholds of the mean over its frames; 0 if every target is empty
     */
    public record Batch(int videos, double iou, double f) {}

    public BatchedScore {
        batches = List.copyOf(batches);
    }
}
