package dev.earshot.segmentation.output;

import dev.earshot.segmentation.image.RgbImage;

/**
 * Draws rectangles, lines and text on an RGB image, smoothed by exact distances. It needs no display, no fonts and no
 * native code, so a picture is the same on every machine.
 */
final class Canvas {
    private final RgbImage image;

    Canvas(RgbImage image) {
        this.image = image;
    }

    RgbImage image() {
        return image;
    }

    /** Mixes a colour 0xRRGGBB into a pixel; outside the image nothing happens. */
    void blend(int x, int y, int colour, double weight) {
        if (x < 0 || y < 0 || x >= image.width() || y >= image.height() || weight <= 0) {
            return;
        }
        byte[] rgb = image.rgb();
        int at = 3 * (y * image.width() + x);
        for (int c = 0; c < 3; c++) {
            int ink = colour >> 16 - 8 * c & 0xff;
            int paper = rgb[at + c] & 0xff;
            rgb[at + c] = (byte) Math.round(paper + (ink - paper) * Math.min(1, weight));
        }
    }

    /** Fills whole pixels. */
    void fill(int x, int y, int width, int height, int colour) {
        for (int row = y; row < y + height; row++) {
            for (int column = x; column < x + width; column++) {
                blend(column, row, colour, 1);
            }
        }
    }

    /** Copies a picture to a place. */
    void paste(RgbImage picture, int x, int y) {
        for (int row = 0; row < picture.height(); row++) {
            int from = 3 * row * picture.width();
            System.arraycopy(
                    picture.rgb(), from, image.rgb(), 3 * ((y + row) * image.width() + x), 3 * picture.width());
        }
    }

    /**
     * Draws connected lines of a given width with round ends. Pixels are covered by their distance from the nearest
     * line, once, so that joints do not darken.
     *
     * @param lines each an array x0, y0, x1, y1, ... in pixels
     */
    void stroke(double[][] lines, double width, int colour) {
        double minX = Double.MAX_VALUE;
        double minY = Double.MAX_VALUE;
        double maxX = -Double.MAX_VALUE;
        double maxY = -Double.MAX_VALUE;
        for (double[] line : lines) {
            for (int i = 0; i + 1 < line.length; i += 2) {
                minX = Math.min(minX, line[i]);
                maxX = Math.max(maxX, line[i]);
                minY = Math.min(minY, line[i + 1]);
                maxY = Math.max(maxY, line[i + 1]);
            }
        }
        double reach = width / 2 + 1;
        int left = Math.max(0, (int) Math.floor(minX - reach));
        int right = Math.min(image.width() - 1, (int) Math.ceil(maxX + reach));
        int bottom = Math.min(image.height() - 1, (int) Math.ceil(maxY + reach));
        for (int y = Math.max(0, (int) Math.floor(minY - reach)); y <= bottom; y++) {
            for (int x = left; x <= right; x++) {
                blend(x, y, colour, width / 2 + 0.5 - distance(lines, x + 0.5, y + 0.5));
            }
        }
    }

    private static double distance(double[][] lines, double x, double y) {
        double nearest = Double.MAX_VALUE;
        for (double[] line : lines) {
            for (int i = 0; i + 3 < line.length; i += 2) {
                double dx = line[i + 2] - line[i];
                double dy = line[i + 3] - line[i + 1];
                double length = dx * dx + dy * dy;
                double t = length == 0 ? 0 : ((x - line[i]) * dx + (y - line[i + 1]) * dy) / length;
                t = Math.clamp(t, 0, 1);
                double ax = x - line[i] - t * dx;
                double ay = y - line[i + 1] - t * dy;
                nearest = Math.min(nearest, ax * ax + ay * ay);
            }
        }
        return Math.sqrt(nearest);
    }

    /** Writes text from {@code x} on; {@code y} is the line that letters stand on, {@code size} their height. */
    void text(String text, double x, double y, double size, boolean bold, int colour) {
        double at = x;
        for (int c : text.codePoints().toArray()) {
            double[][] lines = StrokeFont.lines(c, at, y, size);
            if (lines.length > 0) {
                stroke(lines, size * (bold ? 0.175 : 0.125), colour);
            }
            at += StrokeFont.advance(c, size);
        }
    }

    /** As {@link #text}, ending at {@code right}. */
    void textRight(String text, double right, double y, double size, boolean bold, int colour) {
        text(text, right - StrokeFont.width(text, size), y, size, bold, colour);
    }

    /** As much of a text as fits into {@code width} pixels, with dots where it is cut. */
    static String fitting(String text, double size, double width) {
        String shown = text;
        while (shown.length() > 1 && StrokeFont.width(shown, size) > width) {
            int cut = Math.max(1, shown.length() - 4);
            shown = shown.substring(0, cut).stripTrailing() + "...";
            if (cut == 1) {
                break;
            }
        }
        return shown;
    }
}
