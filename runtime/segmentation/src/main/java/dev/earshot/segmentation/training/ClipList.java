package dev.earshot.segmentation.training;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * Lists of clips: names one a line, in an order that counts. Evaluation lists come in other forms, too, of which {@link
 * #idsIn} takes the ids of the videos.
 */
public final class ClipList {
    /** The order of names: bytes of UTF-8, unsigned. */
    static final Comparator<String> ORDER =
            (a, b) -> Arrays.compareUnsigned(a.getBytes(StandardCharsets.UTF_8), b.getBytes(StandardCharsets.UTF_8));

    private static final int ID_CHARS = 11;

    private ClipList() {}

    /**
     * Reads names, one a line; empty lines and carriage returns do not count.
     *
     * @throws IllegalArgumentException if a line is no clip name, or a name comes twice; names file and line
     */
    public static List<ClipName> read(Path file) {
        List<ClipName> names = new ArrayList<>();
        Set<ClipName> seen = new HashSet<>();
        int number = 0;
        for (String line : lines(file)) {
            number++;
            if (line.isBlank()) {
                continue;
            }
            ClipName name = parse(line.strip(), file, number);
            if (!seen.add(name)) {
                throw new IllegalArgumentException("%s line %d: expected each clip once, got %s again — remove the line"
                        .formatted(file, number, name));
            }
            names.add(name);
        }
        return List.copyOf(names);
    }

    private static ClipName parse(String line, Path file, int number) {
        try {
            return ClipName.parse(line);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("%s line %d: %s".formatted(file, number, e.getMessage()), e);
        }
    }

    static List<String> lines(Path file) {
        try {
            return Files.readAllLines(file);
        } catch (IOException e) {
            throw new UncheckedIOException(file + ": cannot be read", e);
        }
    }

    /** The text of a list, every name followed by a line feed: what is written and what is hashed. */
    static String text(Collection<ClipName> names) {
        StringBuilder text = new StringBuilder();
        names.forEach(name -> text.append(name).append('\n'));
        return text.toString();
    }

    /**
     * The ids of videos in a list of an evaluation set. The first field of each line (up to a comma, quotes removed) is a
     * clip name, with or without the ending of a file, or a bare id; a field with folders in it counts from its last
     * {@code /} on. A first line whose field is a column's name ({@code video}, {@code name}, {@code uid} and the like) is
     * taken for a header.
     */
    public static Set<String> idsIn(Path list) {
        Set<String> ids = new LinkedHashSet<>();
        List<String> lines = lines(list);
        for (int i = 0; i < lines.size(); i++) {
            String field = firstField(lines.get(i));
            boolean header = i == 0 && HEADERS.contains(field.toLowerCase(Locale.ROOT));
            if (!field.isEmpty() && !header) {
                ids.add(id(field));
            }
        }
        return ids;
    }

    private static final Set<String> HEADERS =
            Set.of("video", "video name", "video_name", "videoname", "name", "uid", "vid", "file", "clip", "id");

    private static String firstField(String line) {
        String text = line.strip();
        text = text.startsWith("\ufeff") ? text.substring(1) : text;
        int comma = text.indexOf(',');
        String field = comma < 0 ? text : text.substring(0, comma);
        field = field.replace("\"", "").strip();
        return field.substring(field.lastIndexOf('/') + 1);
    }

    /** The id of a clip name, a file name or an id; what looks like none of them counts as it is. */
    private static String id(String field) {
        String name = field.replaceFirst("\\.(mp4|mkv|webm|jpg|png|wav)$", "");
        int underscore = name.lastIndexOf('_');
        boolean bareId = name.length() == ID_CHARS;
        boolean hasStart = underscore > 0 && name.substring(underscore + 1).matches("[0-9]+");
        // AVSBench's names carry start and end in milliseconds: <id>_<start>_<end>.
        if (!bareId && name.matches(".{" + ID_CHARS + "}_[0-9]+(_[0-9]+)?")) {
            return name.substring(0, ID_CHARS);
        }
        return !bareId && hasStart ? name.substring(0, underscore) : name;
    }

    /** The ids of {@code clips} that are in {@code ids} too, sorted. */
    public static List<String> overlap(Collection<ClipName> clips, Set<String> ids) {
        return clips.stream()
                .map(ClipName::id)
                .filter(ids::contains)
                .distinct()
                .sorted(ORDER)
                .toList();
    }
}
