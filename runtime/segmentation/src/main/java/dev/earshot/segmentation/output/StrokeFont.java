package dev.earshot.segmentation.output;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A small alphabet of pen strokes, so that labels need neither installed fonts nor a font engine.
 *
 * <p>A glyph is a list of commands on a grid whose unit is a seventh of the capital's height, y upwards from the line:
 * {@code M x y} moves the lifted pen (at the end: the glyph's width), {@code L x y} draws a line, {@code Q cx cy x y} a quadratic curve.
 */
final class StrokeFont {
    private static final double UNITS = 7;
    private static final double GAP = 1.7;
    private static final double SPACE = 2.4;
    private static final int CURVE_STEPS = 6;

    private static final String BOWL = "M4 3.6 Q4 5 2 5 Q0 5 0 2.5 Q0 0 2 0 Q4 0 4 1.4";
    private static final String BACK_BOWL = "M0 3.6 Q0 5 2 5 Q4 5 4 2.5 Q4 0 2 0 Q0 0 0 1.4";
    private static final String ROUND = "M2.7 7 Q0 7 0 3.5 Q0 0 2.7 0 Q5.4 0 5.4 3.5 Q5.4 7 2.7 7";
    private static final String FLAG = "M0 0 L0 7 L2.4 7 Q4.5 7 4.5 5.1 Q4.5 3.2 2.4 3.2 L0 3.2";
    private static final String UNKNOWN = "M0 0 L0 6 L3.4 6 L3.4 0 L0 0";

    private static final String[] GLYPHS = {
        "A M0 0 L2.5 7 L5 0 M0.9 2.4 L4.1 2.4",
        "B M0 0 L0 7 L2.4 7 Q4.2 7 4.2 5.3 Q4.2 3.7 2.4 3.7 L0 3.7 M2.4 3.7 Q4.6 3.7 4.6 1.9 Q4.6 0 2.4 0 L0 0",
        "C M4.8 5.6 Q4.2 7 2.6 7 Q0 7 0 3.5 Q0 0 2.6 0 Q4.2 0 4.8 1.4",
        "D M0 0 L0 7 L2 7 Q4.9 7 4.9 3.5 Q4.9 0 2 0 L0 0",
        "E M4 7 L0 7 L0 0 L4 0 M0 3.7 L3.4 3.7",
        "F M4 7 L0 7 L0 0 M0 3.7 L3.3 3.7",
        "G M4.8 5.6 Q4.2 7 2.6 7 Q0 7 0 3.5 Q0 0 2.6 0 Q4.8 0 4.8 2.2 L4.8 3.2 L2.9 3.2",
        "H M0 7 L0 0 M4.6 7 L4.6 0 M0 3.6 L4.6 3.6",
        "I M0 7 L0 0",
        "J M2.8 7 L2.8 1.8 Q2.8 0 1.3 0 Q0.2 0 0 1.2",
        "K M0 7 L0 0 M4.4 7 L0 2.7 M1.6 4.2 L4.6 0",
        "L M0 7 L0 0 L3.8 0",
        "M M0 0 L0 7 L2.8 2 L5.6 7 L5.6 0",
        "N M0 0 L0 7 L4.6 0 L4.6 7",
        "O " + ROUND,
        "P " + FLAG,
        "Q " + ROUND + " M3.4 1.6 L5.2 -0.5",
        "R " + FLAG + " M2.3 3.2 L4.6 0",
        "S M4.2 5.7 Q3.7 7 2.2 7 Q0.3 7 0.3 5.3 Q0.3 4 2.2 3.6 Q4.4 3.2 4.4 1.8 Q4.4 0 2.2 0 Q0.4 0 0 1.4",
        "T M0 7 L4.6 7 M2.3 7 L2.3 0",
        "U M0 7 L0 2.2 Q0 0 2.3 0 Q4.6 0 4.6 2.2 L4.6 7",
        "V M0 7 L2.4 0 L4.8 7",
        "W M0 7 L1.7 0 L3.4 7 L5.1 0 L6.8 7",
        "X M0 7 L4.5 0 M4.5 7 L0 0",
        "Y M0 7 L2.3 3.4 L4.6 7 M2.3 3.4 L2.3 0",
        "Z M0.2 7 L4.4 7 L0 0 L4.5 0",
        "a M4 5 L4 0 " + BOWL,
        "b M0 7 L0 0 " + BACK_BOWL,
        "c M3.7 4 Q3.3 5 2 5 Q0 5 0 2.5 Q0 0 2 0 Q3.3 0 3.7 1",
        "d M4 7 L4 0 " + BOWL,
        "e M0 2.7 L4 2.7 Q4 5 2 5 Q0 5 0 2.5 Q0 0 2 0 Q3.3 0 3.7 1",
        "f M3 7 Q1.3 7 1.3 5.3 L1.3 0 M0 4.7 L2.8 4.7",
        "g M4 5 L4 -0.5 Q4 -2 2 -2 Q0.8 -2 0.3 -1.4 " + BOWL,
        "h M0 7 L0 0 M0 3.2 Q0.3 5 2.1 5 Q4 5 4 3.2 L4 0",
        "i M0 5 L0 0 M0 6.8 L0 6.9",
        "j M1 5 L1 -0.8 Q1 -2 -0.2 -2 M1 6.8 L1 6.9",
        "k M0 7 L0 0 M3.6 5 L0 1.9 M1.4 3.1 L3.8 0",
        "l M0 7 L0 0",
        "m M0 5 L0 0 M0 3.4 Q0.3 5 1.6 5 Q3 5 3 3.4 L3 0 M3 3.4 Q3.3 5 4.6 5 Q6 5 6 3.4 L6 0",
        "n M0 5 L0 0 M0 3.2 Q0.3 5 2.1 5 Q4 5 4 3.2 L4 0",
        "o M2 5 Q0 5 0 2.5 Q0 0 2 0 Q4 0 4 2.5 Q4 5 2 5",
        "p M0 5 L0 -2 " + BACK_BOWL,
        "q M4 5 L4 -2 " + BOWL,
        "r M0 5 L0 0 M0 3 Q0.3 5 2.4 5",
        "s M3.3 4.2 Q2.9 5 1.8 5 Q0.2 5 0.2 3.8 Q0.2 2.8 1.8 2.5 Q3.5 2.2 3.5 1.2 Q3.5 0 1.8 0 Q0.4 0 0 0.9",
        "t M1.2 6.6 L1.2 1.4 Q1.2 0 2.6 0 M0 5 L2.6 5",
        "u M0 5 L0 1.8 Q0 0 1.9 0 Q3.7 0 4 1.8 M4 5 L4 0",
        "v M0 5 L1.9 0 L3.8 5",
        "w M0 5 L1.4 0 L2.9 5 L4.4 0 L5.8 5",
        "x M0 5 L3.6 0 M3.6 5 L0 0",
        "y M0 5 L2 0 M4 5 L1.6 -1.2 Q1.2 -2 0.2 -2",
        "z M0.1 5 L3.5 5 L0 0 L3.6 0",
        "0 M2 7 Q0 7 0 3.5 Q0 0 2 0 Q4 0 4 3.5 Q4 7 2 7",
        "1 M0.9 5.6 L2.5 7 L2.5 0 M4 0",
        "2 M0.2 5.3 Q0.4 7 2.1 7 Q3.9 7 3.9 5.3 Q3.9 4 2.6 2.7 L0 0 L4 0",
        "3 M0.2 5.6 Q0.6 7 2 7 Q3.8 7 3.8 5.3 Q3.8 3.8 1.6 3.7 Q4 3.6 4 1.9 Q4 0 2 0 Q0.4 0 0 1.5",
        "4 M3 0 L3 7 L0 2.1 L4 2.1",
        "5 M3.7 7 L0.7 7 L0.4 3.9 Q1 4.4 2 4.4 Q4 4.4 4 2.3 Q4 0 2 0 Q0.5 0 0 1.3",
        "6 M3.5 6.2 Q3 7 2.1 7 Q0 7 0 3 Q0 0 2 0 Q4 0 4 2.1 Q4 4.2 2.1 4.2 Q0.4 4.2 0 2.4",
        "7 M0 7 L4 7 L1.4 0",
        "8 M2 7 Q0.3 7 0.3 5.4 Q0.3 3.8 2 3.8 Q3.7 3.8 3.7 5.4 Q3.7 7 2 7 M2 3.8 Q0 3.8 0 1.9 Q0 0 2 0 Q4 0 4 1.9 Q4 3.8"
                + " 2 3.8",
        "9 M4 4.6 Q3.6 2.8 1.9 2.8 Q0 2.8 0 4.9 Q0 7 2 7 Q4 7 4 4 Q4 0 1.9 0 Q1 0 0.5 0.8",
        ". M0.2 0.1 L0.2 0.2",
        ", M0.5 0.2 L0 -1.3",
        ": M0.2 0.2 L0.2 0.3 M0.2 4 L0.2 4.1",
        "- M0 2.9 L2.4 2.9",
        "\u2212 M0 3.2 L3.4 3.2",
        "_ M0 -0.8 L4 -0.8",
        "/ M0 -0.8 L2.8 7.4",
        "% M0.4 0 L4.9 7 M1.2 7 Q0 7 0 5.6 Q0 4.2 1.2 4.2 Q2.4 4.2 2.4 5.6 Q2.4 7 1.2 7 M4.1 2.8 Q2.9 2.8 2.9 1.4 Q2.9 0"
                + " 4.1 0 Q5.3 0 5.3 1.4 Q5.3 2.8 4.1 2.8",
        "( M1.4 8 Q0 6 0 3.2 Q0 0.4 1.4 -1.4",
        ") M0 8 Q1.4 6 1.4 3.2 Q1.4 0.4 0 -1.4",
        "[ M1.2 8 L0 8 L0 -1.2 L1.2 -1.2",
        "] M0 8 L1.2 8 L1.2 -1.2 L0 -1.2",
        "+ M0 3.2 L3.6 3.2 M1.8 5 L1.8 1.4",
        "= M0 2.3 L3.4 2.3 M0 4.1 L3.4 4.1",
        "< M3 5.6 L0 3.2 L3 0.8",
        "> M0 5.6 L3 3.2 L0 0.8",
        "\u00b7 M0.3 3.2 L0.3 3.3",
        "' M0 7 L0 5.3",
        "\" M0 7 L0 5.3 M1.4 7 L1.4 5.3",
        "! M0.2 7 L0.2 2.2 M0.2 0.1 L0.2 0.2",
        "? M0.1 5.5 Q0.4 7 1.8 7 Q3.5 7 3.5 5.4 Q3.5 4.3 1.8 3.3 L1.8 2.2 M1.8 0.1 L1.8 0.2",
    };

    private static final Map<Integer, Glyph> ALPHABET = alphabet();

    private record Glyph(double[][] lines, double width) {}

    private StrokeFont() {}

    private static Map<Integer, Glyph> alphabet() {
        Map<Integer, Glyph> alphabet = new HashMap<>();
        for (String glyph : GLYPHS) {
            alphabet.put(glyph.codePointAt(0), parse(glyph.substring(2)));
        }
        return Map.copyOf(alphabet);
    }

    private static Glyph parse(String commands) {
        List<double[]> lines = new ArrayList<>();
        List<Double> line = new ArrayList<>();
        double width = 0;
        for (String command : commands.split(" (?=[MLQ])")) {
            String[] numbers = command.substring(1).split(" ");
            double x = Double.parseDouble(numbers[numbers.length - 2]);
            double y = Double.parseDouble(numbers[numbers.length - 1]);
            if (command.charAt(0) == 'M' && !line.isEmpty()) {
                lines.add(line.stream().mapToDouble(v -> v).toArray());
                line.clear();
            } else if (command.charAt(0) == 'Q') {
                curve(line, Double.parseDouble(numbers[0]), Double.parseDouble(numbers[1]), x, y);
            }
            line.add(x);
            line.add(y);
            width = Math.max(width, x);
        }
        lines.add(line.stream().mapToDouble(v -> v).toArray());
        return new Glyph(lines.toArray(new double[0][]), width);
    }

    /** The points between the pen and the curve's end. */
    private static void curve(List<Double> line, double cx, double cy, double x, double y) {
        double fromX = line.get(line.size() - 2);
        double fromY = line.get(line.size() - 1);
        for (int i = 1; i < CURVE_STEPS; i++) {
            double t = (double) i / CURVE_STEPS;
            double u = 1 - t;
            line.add(u * u * fromX + 2 * u * t * cx + t * t * x);
            line.add(u * u * fromY + 2 * u * t * cy + t * t * y);
        }
    }

    private static Glyph glyph(int codePoint) {
        Glyph known = ALPHABET.get(codePoint);
        return known != null ? known : parse(UNKNOWN);
    }

    /** The strokes of a character in pixels; none for a space. */
    static double[][] lines(int codePoint, double x, double y, double size) {
        if (Character.isWhitespace(codePoint)) {
            return new double[0][];
        }
        double[][] units = glyph(codePoint).lines();
        double[][] pixels = new double[units.length][];
        for (int i = 0; i < units.length; i++) {
            pixels[i] = units[i].clone();
            for (int j = 0; j < pixels[i].length; j += 2) {
                pixels[i][j] = x + units[i][j] * size / UNITS;
                pixels[i][j + 1] = y - units[i][j + 1] * size / UNITS;
            }
        }
        return pixels;
    }

    /** How far the next character is. */
    static double advance(int codePoint, double size) {
        double units =
                Character.isWhitespace(codePoint) ? SPACE : glyph(codePoint).width();
        return (units + GAP) * size / UNITS;
    }

    /** Width of a text without the gap behind its last character. */
    static double width(String text, double size) {
        double width = 0;
        for (int c : text.codePoints().toArray()) {
            width += advance(c, size);
        }
        return Math.max(0, width - GAP * size / UNITS);
    }
}
