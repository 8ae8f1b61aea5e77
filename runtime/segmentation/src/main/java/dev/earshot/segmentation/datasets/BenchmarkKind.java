package dev.earshot.segmentation.datasets;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** The benchmarks that can be read. */
public enum BenchmarkKind {
    /** AVSBench-object, one source. */
    S4("s4", "AVSBench-object S4 (single source)", 740),
    /** AVSBench-object, several sources. */
    MS3("ms3", "AVSBench-object MS3 (multiple sources)", 64),
    /** AVSBench-semantic. */
    AVSS("avss", "AVSBench-semantic", 1554),
    /** VGG-SS. */
    VGGSS("vggss", "VGG-SS", 5158),
    /** Extended VGG-SS. */
    EXTENDED_VGGSS("ext-vggss", "Extended VGG-SS", 10_316);

    private final String label;
    private final String title;
    private final int testClips;

    BenchmarkKind(String label, String title, int testClips) {
        this.label = label;
        this.title = title;
        this.testClips = testClips;
    }

    /** Short name for command lines and file names. */
    public String label() {
        return label;
    }

    /** Name for tables. */
    public String title() {
        return title;
    }

    /** Clips of the published test split. */
    public int testClips() {
        return testClips;
    }

    /**
     * The benchmark of a short name.
     *
     * @throws IllegalArgumentException if there is none
     */
    public static BenchmarkKind of(String label) {
        for (BenchmarkKind kind : values()) {
            if (kind.label.equals(label.toLowerCase(Locale.ROOT))) {
                return kind;
            }
        }
        throw new IllegalArgumentException("benchmark: expected one of "
                + Arrays.stream(values()).map(BenchmarkKind::label).collect(Collectors.joining(", ")) + ", got "
                + label);
    }
}
