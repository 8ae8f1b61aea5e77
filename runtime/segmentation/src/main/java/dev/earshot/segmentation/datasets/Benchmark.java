package dev.earshot.segmentation.datasets;

import java.nio.file.Path;
import java.util.List;

/**
 * One split of a data set: a list of clips in the order of its table, with files that were there when it was opened.
 * Pictures and targets are read when asked for.
 */
public sealed interface Benchmark permits MaskBenchmark, LabelBenchmark, BoxBenchmark {
    /** What it is. */
    Source source();

    /** The clips, in the order in which they are scored. */
    List<? extends EvaluationClip> clips();

    /**
     * Where clips came from.
     *
     * @param kind the benchmark
     * @param root the folder that holds its table
     * @param split train, val or test; for VGG-SS also heard or unheard
     * @param missing clips of the table that were left out because files of theirs are missing
     * @param demo whether this is the demo world and not the benchmark itself
     */
    record Source(BenchmarkKind kind, Path root, String split, List<String> missing, boolean demo) {
        public Source {
            missing = List.copyOf(missing);
        }
    }

    /** The benchmark's name. */
    default BenchmarkKind kind() {
        return source().kind();
    }

    /** True for the complete published test split: only then do figures stand beside those of papers. */
    default boolean comparable() {
        return !source().demo() && source().split().equals("test") && clips().size() == kind().testClips();
    }

    /** Why figures do not stand beside published ones, in one line; empty if they do. */
    default String caution() {
        if (source().demo()) {
            return "the demo world in the layout of " + kind().title() + ": figures say nothing about the benchmark";
        }
        if (!source().split().equals("test")) {
            return "split " + source().split() + ": published figures are for test";
        }
        return comparable()
                ? ""
                : "%d clips, %d missing: the published test split has %d"
                        .formatted(clips().size(), source().missing().size(), kind().testClips());
    }
}
