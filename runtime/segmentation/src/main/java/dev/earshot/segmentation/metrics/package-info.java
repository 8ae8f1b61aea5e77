/**
 * The figures of audio-visual segmentation papers, as the reference code computes them. Each metric takes videos or
 * samples one by one in the order of the test set, keeps only their scores, and gives a plain record at the end:
 *
 * <pre>{@code
 * AvsbenchMetric s4 = new AvsbenchMetric(4, 1);             // S4 and MS3; F depends on the videos per batch
 * s4.add(id, category, predictions, targets);               // a FramePrediction and a BinaryMask for each frame
 * s4.result().reported().miou();                            // a fraction, for the first batch size
 * s4.result().videos().get(0).frames().get(3).iou();        // video by video, frame by frame
 *
 * SemanticMetric avss = new SemanticMetric();               // a LabelMap and a LabelMap for each frame
 * VggSsMetric vggSs = new VggSsMetric();                    // a HeatMap and boxes for each sample
 * ExtendedVggSsMetric extended = new ExtendedVggSsMetric(); // a HeatMap of cosines and boxes for each sample
 * }</pre>
 *
 * <p>Nothing here reads files or knows a method. What the data sets hold comes from the package {@code datasets}.
 */
package dev.earshot.segmentation.metrics;
