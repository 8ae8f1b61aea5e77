package dev.earshot.segmentation.datasets;

import java.nio.file.Path;

/**
 * Opens data sets from the folders in which they are published. Tables are read and the presence of every file is checked
 * at once; pictures and sounds are read later, clip by clip.
 */
public final class Benchmarks {
    /** A table that only the demo world has. */
    static final String DEMO_MARKER = "demo_world.csv";

    private Benchmarks() {}

    /** Opens the test split; see {@link #open(BenchmarkKind, Path, String, Missing)}. */
    public static Benchmark open(BenchmarkKind kind, Path root) {
        return open(kind, root, "test");
    }

    /** Opens a split with the benchmark's own way with missing files; see {@link Missing}. */
    public static Benchmark open(BenchmarkKind kind, Path root, String split) {
        return switch (kind) {
            case S4, MS3, AVSS -> open(kind, root, split, Missing.REFUSE);
            case VGGSS, EXTENDED_VGGSS -> open(kind, root, split, Missing.SKIP);
        };
    }

    /**
     * Opens a split of a benchmark.
     *
     * @param kind which benchmark
     * @param root the folder that holds its table, or the one above under the data set's usual name
     * @param split train, val or test
     * @param missing what to do about clips that lack files
     * @throws IllegalArgumentException if the folder is not what it should be; the message says what was expected where
     * @throws java.io.UncheckedIOException if a table cannot be read
     */
    public static Benchmark open(BenchmarkKind kind, Path root, String split, Missing missing) {
        return switch (kind) {
            case S4 -> AvsbenchObject.s4(root, split, missing);
            case MS3 -> AvsbenchObject.ms3(root, split, missing);
            case AVSS -> AvsbenchSemantic.open(root, split, missing);
            case VGGSS -> VggSs.open(root, split, missing);
            case EXTENDED_VGGSS -> VggSs.openExtended(root, split, missing);
        };
    }
}
