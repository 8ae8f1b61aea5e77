package dev.earshot.models.adaav;

import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/**
 * Where the k adapters sit. MoCA (arXiv 2403.14203) compares the last blocks, the first and every second one; the last do
 * best there and are the default.
 */
public sealed interface Placement {
    /** The last k image blocks with the last k audio blocks. */
    record Last(int count) implements Placement {}

    /** The first k image blocks with the first k audio blocks. */
    record First(int count) implements Placement {}

    /**
     * Every second one of the last 2 k image blocks, the last included, with the same of the audio blocks, or with the last
     * k audio blocks where there are fewer than 2 k.
     */
    record Interleaved(int count) implements Placement {}

    /** A list of places. */
    record Explicit(List<BlockPair> pairs) implements Placement {
        /** {@code 26:6,27:7} as a pattern. */
        static final String FORM = "\\d{1,4}:\\d{1,4}(,\\d{1,4}:\\d{1,4})*";

        static Explicit parse(String text) {
            return new Explicit(Arrays.stream(text.split(","))
                    .map(pair -> pair.split(":"))
                    .map(pair -> new BlockPair(Integer.parseInt(pair[0]), Integer.parseInt(pair[1])))
                    .toList());
        }

        /** Copies the list. */
        public Explicit {
            pairs = List.copyOf(pairs);
        }
    }

    /** MoCA's best setting. */
    Placement DEFAULT = new Last(6);

    /** The places within trunks of the given depths. */
    default List<BlockPair> pairs(int imageBlocks, int audioBlocks) {
        List<BlockPair> pairs = switch (this) {
            case Last(int k) -> pairs(k, imageBlocks - k, 1, audioBlocks - k, 1);
            case First(int k) -> pairs(k, 0, 1, 0, 1);
            case Interleaved(int k)
            when 2 * k <= audioBlocks -> pairs(k, imageBlocks - 2 * k + 1, 2, audioBlocks - 2 * k + 1, 2);
            case Interleaved(int k) -> pairs(k, imageBlocks - 2 * k + 1, 2, audioBlocks - k, 1);
            case Explicit(List<BlockPair> given) -> given;
        };
        AdaAvConfig.checkPairs(pairs, imageBlocks, audioBlocks);
        return pairs;
    }

    private static List<BlockPair> pairs(int count, int imageFrom, int imageStep, int audioFrom, int audioStep) {
        if (count < 1 || imageFrom < 0 || audioFrom < 0) {
            throw new IllegalArgumentException(
                    "adapter placement: expected at least 1 and no more adapters than blocks, got " + count);
        }
        return IntStream.range(0, count)
                .mapToObj(j -> new BlockPair(imageFrom + j * imageStep, audioFrom + j * audioStep))
                .toList();
    }

    /** Reads {@code last:6}, {@code first:6}, {@code interleaved:6} or a list {@code 26:6,27:7}. */
    static Placement parse(String text) {
        Matcher named = Pattern.compile("(last|first|interleaved):(\\d{1,4})").matcher(text);
        if (named.matches()) {
            int count = Integer.parseInt(named.group(2));
            return switch (named.group(1)) {
                case "last" -> new Last(count);
                case "first" -> new First(count);
                default -> new Interleaved(count);
            };
        }
        if (!text.matches(Explicit.FORM)) {
            throw new IllegalArgumentException(
                    "adapter placement: expected last:K, first:K, interleaved:K or IMAGE:AUDIO,IMAGE:AUDIO,…, got \"%s\""
                            .formatted(text));
        }
        return Explicit.parse(text);
    }
}
