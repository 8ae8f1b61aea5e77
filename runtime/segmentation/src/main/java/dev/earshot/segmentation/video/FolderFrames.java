package dev.earshot.segmentation.video;

import dev.earshot.segmentation.MediaException;
import dev.earshot.segmentation.image.ImageFiles;
import dev.earshot.segmentation.image.ImageLimits;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.NoSuchElementException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The pictures of a folder; each is read when its turn comes. */
final class FolderFrames implements FrameSource {
    private static final Pattern PIECE = Pattern.compile("\\d+|\\D+");

    private final List<Path> files;
    private final double framesPerSecond;
    private final ImageLimits limits;
    private int index;

    FolderFrames(Path folder, double framesPerSecond, ImageLimits limits) {
        this.framesPerSecond = framesPerSecond;
        this.limits = limits;
        files = files(folder);
    }

    /** The picture files of a folder in natural order; at least one. */
    static List<Path> files(Path folder) {
        List<Path> found;
        try (Stream<Path> entries = Files.list(folder)) {
            found = entries.filter(FolderFrames::isPicture)
                    .sorted(Comparator.comparing(p -> p.getFileName().toString(), FolderFrames::compareNaturally))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(folder + ": cannot be listed", e);
        }
        if (found.isEmpty()) {
            throw MediaException.of(
                    folder.toString(), "PNG or JPEG files", "none", "give the folder that holds the frames");
        }
        return found;
    }

    private static boolean isPicture(Path file) {
        String name = file.getFileName().toString().toLowerCase(Locale.ROOT);
        boolean picture = name.endsWith(".png") || name.endsWith(".jpg") || name.endsWith(".jpeg");
        return picture && !name.startsWith(".") && Files.isRegularFile(file);
    }

    /** Runs of digits compare as numbers, everything else as text. */
    static int compareNaturally(String a, String b) {
        Matcher left = PIECE.matcher(a);
        Matcher right = PIECE.matcher(b);
        while (left.find()) {
            if (!right.find()) {
                return 1;
            }
            String l = left.group();
            String r = right.group();
            boolean numbers = isDigit(l.charAt(0)) && isDigit(r.charAt(0));
            int order = numbers ? new BigInteger(l).compareTo(new BigInteger(r)) : l.compareTo(r);
            if (order != 0) {
                return order;
            }
        }
        return right.find() ? -1 : a.compareTo(b);
    }

    private static boolean isDigit(char c) {
        return c >= '0' && c <= '9';
    }

    @Override
    public boolean hasNext() {
        return index < files.size();
    }

    @Override
    public Frame next() {
        if (!hasNext()) {
            throw new NoSuchElementException("no more frames");
        }
        Path file = files.get(index);
        return new Frame(index, index++ / framesPerSecond, ImageFiles.read(file, limits));
    }

    @Override
    public List<String> notes() {
        return List.of();
    }

    @Override
    public void close() {
        index = files.size();
    }
}
