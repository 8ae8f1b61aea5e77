package dev.earshot.segmentation.training;

/**
 * A clip's name, {@code <id>_<start second, six digits>}. Ids of YouTube have 11 characters, may begin with {@code -} and
 * may hold {@code _}, so the name is split at its last underscore; ids of other lengths are taken as they are. Names are in
 * the order of their bytes.
 *
 * @param id of the video
 * @param second where the clip begins
 */
public record ClipName(String id, int second) implements Comparable<ClipName> {
    private static final int DIGITS = 6;

    /** Checks that the parts make up a name that is one file name. */
    public ClipName {
        if (id.isEmpty() || id.startsWith(".") || id.chars().anyMatch(c -> c < ' ' || c == '/' || c == '\\')) {
            throw new IllegalArgumentException("clip id: expected a plain file name, got \"" + id + "\"");
        }
        if (second < 0 || second > 999_999) {
            throw new IllegalArgumentException("clip start: expected 0 to 999999 s, got " + second);
        }
    }

    /**
     * Splits a name.
     *
     * @throws IllegalArgumentException if it does not end in an underscore and six digits
     */
    public static ClipName parse(String name) {
        int underscore = name.lastIndexOf('_');
        String digits = name.substring(underscore + 1);
        if (underscore < 1 || !digits.matches("[0-9]{" + DIGITS + "}")) {
            throw new IllegalArgumentException(
                    "clip name: expected <id>_<start second, six digits>, got \"" + name + "\"");
        }
        return new ClipName(name.substring(0, underscore), Integer.parseInt(digits));
    }

    @Override
    public int compareTo(ClipName other) {
        return ClipList.ORDER.compare(toString(), other.toString());
    }

    /** The name. */
    @Override
    public String toString() {
        return id + "_" + "%06d".formatted(second);
    }
}
