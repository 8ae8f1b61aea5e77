/**
 * The figures of audio-visual segmentation papers, as the reference code computes them. Each metric takes videos or
 * samples one by one in the order of the test set, keeps only their scores, and gives a plain record at the end:
 *
 * <pre>{@code
 * AvsbenchMetric metric = new AvsbenchMetric(4, 1);          // S4 and MS3: 4 videos a batch, and 1
 * metric.add(id, category, predictions, targets);           // one FramePrediction and one BinaryMask a frame
 * AvsbenchResult result = metric.result();
 * result.reported().miou();                                  // fractions, for the first batch size
 * result.videos().get(0).frames().get(3).iou();              // video by video, frame by frame
 * }</pre>
 */
package dev.earshot.segmentation.metrics;
