package dev.earshot.tensor.cases;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** The op table. */
public final class OpCases {
    private OpCases() {}

    /** All rows, grouped by family. */
    public static List<OpCase> all() {
        List<OpCase> rows = new ArrayList<>();
        Set<String> names = new HashSet<>();
        java.util.function.Consumer<OpCase> add = row -> {
            if (!names.add(row.name())) {
                throw new IllegalStateException("op case '%s' exists twice".formatted(row.name()));
            }
            rows.add(row);
        };
        LinearCases.addTo(add);
        NormCases.addTo(add);
        AttentionCases.addTo(add);
        GridCases.addTo(add);
        ConvolutionCases.addTo(add);
        ResizeCases.addTo(add);
        ElementwiseCases.addTo(add);
        ReduceCases.addTo(add);
        PixelMatchingCases.addTo(add);
        KMeansCases.addTo(add);
        TopKCases.addTo(add);
        PictureCases.addTo(add);
        MaskCases.addTo(add);
        AccumulateCases.addTo(add);
        BackwardCases.addTo(add);
        AttentionBackwardCases.addTo(add);
        return rows;
    }

    /** All rows by op. */
    public static Map<String, List<OpCase>> byOp() {
        return all().stream().collect(Collectors.groupingBy(OpCase::op, LinkedHashMap::new, Collectors.toList()));
    }

    /**
     * The rows whose name contains {@code filter}; an exact name gives that row alone.
     *
     * @throws IllegalArgumentException if there is none
     */
    public static List<OpCase> matching(String filter) {
        List<OpCase> all = all();
        List<OpCase> exact =
                all.stream().filter(row -> row.name().equals(filter)).toList();
        List<OpCase> rows = exact.isEmpty()
                ? all.stream().filter(row -> row.name().contains(filter)).toList()
                : exact;
        if (rows.isEmpty()) {
            throw new IllegalArgumentException("op case: no row's name contains '%s'".formatted(filter));
        }
        return rows;
    }
}
