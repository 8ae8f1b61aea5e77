package dev.earshot.cuda.device;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The parameter lists of the kernels of a PTX text. */
final class PtxEntries {
    private static final Pattern ENTRY = Pattern.compile("\\.entry\\s+(\\w+)\\s*\\(([^)]*)\\)");
    private static final Pattern PARAMETER =
            Pattern.compile("\\.param\\s+(?:\\.align\\s+\\d+\\s+)?\\.[a-z](\\d+)\\s+\\w+(?:\\[(\\d+)\\])?");

    private PtxEntries() {}

    /** Bytes of each parameter by kernel name. */
    static Map<String, int[]> of(String ptx) {
        Map<String, int[]> entries = new HashMap<>();
        Matcher entry = ENTRY.matcher(ptx);
        while (entry.find()) {
            List<Integer> sizes = new ArrayList<>();
            Matcher parameter = PARAMETER.matcher(entry.group(2));
            while (parameter.find()) {
                int bytes = Integer.parseInt(parameter.group(1)) / 8;
                sizes.add(parameter.group(2) == null ? bytes : bytes * Integer.parseInt(parameter.group(2)));
            }
            entries.put(
                    entry.group(1), sizes.stream().mapToInt(Integer::intValue).toArray());
        }
        return entries;
    }
}
