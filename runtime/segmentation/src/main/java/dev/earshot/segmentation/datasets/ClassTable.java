package dev.earshot.segmentation.datasets;

import java.util.List;
import java.util.Map;

/**
 * The classes of a semantic benchmark and their colours. Class 0 is the background.
 *
 * @param names by class number
 */
public record ClassTable(List<String> names) {
    /** The 71 classes of AVSBench-semantic. */
    public static final ClassTable AVSBENCH_SEMANTIC = new ClassTable(List.of(
            "background",
            "accordion",
            "airplane",
            "axe",
            "baby",
            "bassoon",
            "bell",
            "bird",
            "boat",
            "boy",
            "bus",
            "car",
            "cat",
            "cello",
            "clarinet",
            "clipper",
            "clock",
            "dog",
            "donkey",
            "drum",
            "duck",
            "elephant",
            "emergency-car",
            "erhu",
            "flute",
            "frying-food",
            "girl",
            "goose",
            "guitar",
            "gun",
            "guzheng",
            "hair-dryer",
            "handpan",
            "harmonica",
            "harp",
            "helicopter",
            "hen",
            "horse",
            "keyboard",
            "leopard",
            "lion",
            "man",
            "marimba",
            "missile-rocket",
            "motorcycle",
            "mower",
            "parrot",
            "piano",
            "pig",
            "pipa",
            "saw",
            "saxophone",
            "sheep",
            "sitar",
            "sorna",
            "squirrel",
            "tabla",
            "tank",
            "tiger",
            "tractor",
            "train",
            "trombone",
            "truck",
            "trumpet",
            "tuba",
            "ukulele",
            "utv",
            "vacuum-cleaner",
            "violin",
            "wolf",
            "woman"));

    /** The nine classes of the demo world in the same layout; its figures are not comparable with any published one. */
    public static final ClassTable DEMO_WORLD = new ClassTable(
            List.of("background", "star", "disc", "square", "triangle", "cross", "gear", "crescent", "capsule"));

    private static final int MAX_CLASSES = 256;

    public ClassTable {
        names = List.copyOf(names);
        if (names.isEmpty() || names.size() > MAX_CLASSES) {
            throw new IllegalArgumentException("class table: expected 1 to 256 classes, got " + names.size());
        }
    }

    /** Number of classes, background included. */
    public int size() {
        return names.size();
    }

    /** The name of a class. */
    public String name(int index) {
        return names.get(index);
    }

    /** True if {@code numbers} gives every name of this table its number and nothing else. */
    boolean matches(Map<String, Integer> numbers) {
        boolean same = numbers.size() == size();
        for (int c = 0; same && c < size(); c++) {
            same = Integer.valueOf(c).equals(numbers.get(names.get(c)));
        }
        return same;
    }

    /** The colour of a class as 0xRRGGBB: its bits go in turn to the high bits of red, green and blue, as in PASCAL VOC. */
    public static int colour(int index) {
        int colour = 0;
        int rest = index;
        for (int shift = 7; rest > 0; shift--, rest >>= 3) {
            colour |= (rest & 1) << shift + 16 | (rest >> 1 & 1) << shift + 8 | (rest >> 2 & 1) << shift;
        }
        return colour;
    }

    /** Class by colour, for colours 0xRRGGBB; what is no class's colour is background, as in AVSBench's loader. */
    int classOf(int colour) {
        if ((colour & 0x1f1f1f) != 0) { // nine bits of class number fill the upper three of each channel
            return 0;
        }
        int number = 0;
        for (int plane = 0; plane < 3; plane++) {
            int shift = 7 - plane;
            number |= (colour >> shift + 16 & 1) << 3 * plane
                    | (colour >> shift + 8 & 1) << 3 * plane + 1
                    | (colour >> shift & 1) << 3 * plane + 2;
        }
        return number < size() ? number : 0;
    }
}
