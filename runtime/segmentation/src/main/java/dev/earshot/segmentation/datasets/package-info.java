/**
 * The benchmarks' files: readers of AVSBench-object (S4, MS3), AVSBench-semantic, VGG-SS and Extended VGG-SS in the
 * layouts in which they are published, which the demo world shares.
 *
 * <pre>{@code
 * switch (Benchmarks.open(BenchmarkKind.S4, root, "test")) {
 *     case MaskBenchmark masks -> masks.clips().forEach(clip -> use(clip.frames(), clip.audio(), clip.targets()));
 *     case LabelBenchmark labels -> …                        // clip.targets(224, 224), labels.classes()
 *     case BoxBenchmark boxes -> …                           // clip.boxes()
 * }
 * }</pre>
 *
 * <p>Nothing here runs a method or computes a figure; that is what {@code metrics} is for.
 */
package dev.earshot.segmentation.datasets;
