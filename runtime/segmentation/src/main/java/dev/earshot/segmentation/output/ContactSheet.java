package dev.earshot.segmentation.output;

import dev.earshot.segmentation.BinaryMask;
import dev.earshot.segmentation.ClipFrame;
import dev.earshot.segmentation.audio.Loudness;
import dev.earshot.segmentation.image.Filter;
import dev.earshot.segmentation.image.Resampler;
import dev.earshot.segmentation.image.RgbImage;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * One picture of a whole result: the frames with their masks outlined, each above the waveform of its own second, with
 * times, loudness and the share of the picture that the mask covers.
 *
 * <p>Frames are scaled down as they come, so memory stays small; after {@link #MAX_FRAMES} further ones are only
 * counted. Used by one thread.
 */
public final class ContactSheet {
    /** Frames shown at most. */
    public static final int MAX_FRAMES = 120;

    private static final int MARGIN = 28;
    private static final int GAP = 10;
    private static final int TITLE_HEIGHT = 58;
    private static final int CAPTION_HEIGHT = 26;
    private static final int WAVE_HEIGHT = 64;
    private static final int TICKS_HEIGHT = 22;
    private static final int ROW_GAP = 22;

    private static final int PAPER = 0xffffff;
    private static final int INK = 0x1d1d1f;
    private static final int SOFT_INK = 0x6e6e73;
    private static final int PANEL = 0xf2f2f5;
    private static final int AXIS = 0xc7c7cc;
    private static final int WAVE = 0x2f6fde;
    private static final int WAVE_CORE = 0x1b4aa0;
    private static final int SILENT_WAVE = 0xaeaeb2;

    private final String title;
    private final String subtitle;
    private final int cellWidth;
    private final List<Cell> cells = new ArrayList<>();
    private int offered;
    private double peak = 0.05; // quieter sheets are not blown up to look loud

    private record Cell(
            RgbImage picture, double timeSeconds, float[] sound, String left, String right, boolean quiet) {}

    /**
     * An empty sheet.
     *
     * @param title large, mostly the clip's name
     * @param subtitle small and grey beside it, such as the method and its weights
     */
    public ContactSheet(String title, String subtitle) {
        this(title, subtitle, 300);
    }

    /** An empty sheet whose frames are {@code cellWidth} pixels wide. */
    public ContactSheet(String title, String subtitle, int cellWidth) {
        if (cellWidth < 120 || cellWidth > 2000) {
            throw new IllegalArgumentException("contact sheet cells: expected 120 to 2000 pixels, got " + cellWidth);
        }
        this.title = title;
        this.subtitle = subtitle;
        this.cellWidth = cellWidth;
    }

    /** Adds a frame and its mask, which may have any size of the same shape. */
    public void add(ClipFrame frame, BinaryMask mask) {
        offered++;
        if (cells.size() >= MAX_FRAMES) {
            return;
        }
        RgbImage image = frame.image();
        // Tall pictures are bounded by height, so that rows stay rows.
        double scale = Math.min((double) cellWidth / image.width(), 1.25 * cellWidth / image.height());
        int width = (int) Math.max(1, Math.round(image.width() * scale));
        int height = (int) Math.max(1, Math.round(image.height() * scale));
        RgbImage small = Resampler.resize(image, width, height, Filter.BICUBIC);
        RgbImage drawn = Overlay.draw(small, scaled(mask, width, height));
        double dbfs = Loudness.dbfs(frame.sound());
        double share = 100.0 * mask.area() / ((double) mask.width() * mask.height());
        String right = mask.isEmpty() ? "no mask" : String.format(Locale.ROOT, "%.1f %%", share);
        String loudness = dbfs < -100 ? "silence" : String.format(Locale.ROOT, "\u2212%.0f dBFS", Math.abs(dbfs));
        cells.add(new Cell(drawn, frame.timeSeconds(), frame.sound(), loudness, right, mask.isEmpty()));
        for (float v : frame.sound()) {
            peak = Math.max(peak, Math.abs(v));
        }
    }

    private static BinaryMask scaled(BinaryMask mask, int width, int height) {
        byte[] grey = mask.toBytes((byte) 255);
        byte[] small = Resampler.resize(grey, mask.width(), mask.height(), 1, width, height, Filter.BILINEAR);
        for (int i = 0; i < small.length; i++) {
            small[i] = (byte) (small[i] < 0 ? 1 : 0); // 128 and above
        }
        return BinaryMask.of(width, height, small);
    }

    /** Draws the sheet; at least one frame must have been added. */
    public RgbImage render() {
        if (cells.isEmpty()) {
            throw new IllegalStateException("contact sheet: expected at least one frame, got none");
        }
        int columns = columns();
        int rows = (cells.size() + columns - 1) / columns;
        int pictureHeight =
                cells.stream().mapToInt(c -> c.picture().height()).max().orElseThrow();
        int rowHeight = CAPTION_HEIGHT + pictureHeight + GAP / 2 + WAVE_HEIGHT + TICKS_HEIGHT;
        int width = Math.max(2 * MARGIN + columns * cellWidth + (columns - 1) * GAP, 2 * MARGIN + 360);
        int height = MARGIN + TITLE_HEIGHT + rows * rowHeight + (rows - 1) * ROW_GAP + MARGIN;
        Canvas canvas = new Canvas(RgbImage.black(width, height));
        canvas.fill(0, 0, width, height, PAPER);
        drawTitle(canvas, width);
        for (int i = 0; i < cells.size(); i++) {
            int x = MARGIN + i % columns * (cellWidth + GAP);
            int y = MARGIN + TITLE_HEIGHT + i / columns * (rowHeight + ROW_GAP);
            drawCell(canvas, cells.get(i), x, y, pictureHeight);
        }
        return canvas.image();
    }

    /** Draws and writes the sheet as PNG. */
    public void write(Path file) {
        PngFiles.write(file, render());
    }

    /** Up to six in a row; multiples of five, as AVSBench has them, in fives. */
    private int columns() {
        int n = cells.size();
        return n <= 6 ? n : n % 5 == 0 ? 5 : 6;
    }

    private void drawTitle(Canvas canvas, int width) {
        double baseline = MARGIN + 20;
        String shown = Canvas.fitting(title, 20, width - 2.0 * MARGIN);
        canvas.text(shown, MARGIN, baseline, 20, true, INK);
        String count = offered > cells.size()
                ? "first " + cells.size() + " of " + offered + " frames"
                : offered == 1 ? "1 frame" : offered + " frames";
        String line = subtitle.isBlank() ? count : subtitle + " \u00b7 " + count;
        canvas.text(Canvas.fitting(line, 10, width - 2.0 * MARGIN), MARGIN, baseline + 22, 10, false, SOFT_INK);
    }

    private void drawCell(Canvas canvas, Cell cell, int x, int y, int pictureHeight) {
        double baseline = y + CAPTION_HEIGHT - 9;
        canvas.text(cell.left(), x + 1, baseline, 10, false, SOFT_INK);
        canvas.textRight(cell.right(), x + cellWidth - 1, baseline, 10, !cell.quiet(), cell.quiet() ? SOFT_INK : INK);
        int top = y + CAPTION_HEIGHT;
        RgbImage picture = cell.picture();
        if (picture.width() < cellWidth || picture.height() < pictureHeight) {
            canvas.fill(x, top, cellWidth, pictureHeight, PANEL);
        }
        canvas.paste(picture, x + (cellWidth - picture.width()) / 2, top + (pictureHeight - picture.height()) / 2);
        int waveTop = top + pictureHeight + GAP / 2;
        drawWave(canvas, cell, x, waveTop);
        drawTicks(canvas, cell, x, waveTop);
    }

    /** Peaks in light, root mean square in dark, pixel column by pixel column. */
    private void drawWave(Canvas canvas, Cell cell, int x, int top) {
        canvas.fill(x, top, cellWidth, WAVE_HEIGHT, PANEL);
        double middle = top + WAVE_HEIGHT / 2.0;
        double scale = (WAVE_HEIGHT / 2.0 - 4) / peak;
        float[] sound = cell.sound();
        for (int column = 0; column < cellWidth; column++) {
            int from = (int) ((long) column * sound.length / cellWidth);
            int to = Math.max(from + 1, (int) ((long) (column + 1) * sound.length / cellWidth));
            float low = 0;
            float high = 0;
            for (int i = from; i < Math.min(to, sound.length); i++) {
                low = Math.min(low, sound[i]);
                high = Math.max(high, sound[i]);
            }
            double rms = Loudness.rms(sound, Math.min(from, sound.length), Math.min(to, sound.length));
            bar(canvas, x + column, middle - high * scale, middle - low * scale, cell.quiet() ? SILENT_WAVE : WAVE);
            if (!cell.quiet()) {
                bar(canvas, x + column, middle - rms * scale, middle + rms * scale, WAVE_CORE);
            }
        }
    }

    /** A vertical bar with smoothed ends, at least a pixel high so that silence is a line. */
    private static void bar(Canvas canvas, int x, double from, double to, int colour) {
        double top = Math.min(from, (from + to) / 2 - 0.5);
        double bottom = Math.max(to, (from + to) / 2 + 0.5);
        for (int y = (int) Math.floor(top); y < bottom; y++) {
            canvas.blend(x, y, colour, Math.min(y + 1, bottom) - Math.max(y, top));
        }
    }

    /** Whole seconds as marks with their number, and a small triangle at the moment of the picture. */
    private void drawTicks(Canvas canvas, Cell cell, int x, int waveTop) {
        int bottom = waveTop + WAVE_HEIGHT;
        int index = cells.indexOf(cell);
        double moment = cell.timeSeconds();
        double start = Math.max(0, soundStart(index));
        double end = start + Math.max(0.1, cell.sound().length / 16_000.0);
        for (int second = (int) Math.ceil(start - 1e-6); second < end - 1e-6; second++) {
            int at = (int) Math.round(x + (second - start) / (end - start) * cellWidth);
            canvas.fill(at, waveTop, 1, WAVE_HEIGHT + 5, AXIS);
            canvas.text(second + " s", at + 5, bottom + 14, 9, false, SOFT_INK);
        }
        if (moment - start < 0.02) {
            return; // frames of folders and still pictures belong to their whole second
        }
        double at = x + (moment - start) / (end - start) * cellWidth;
        double[][] mark = {{at - 3.5, bottom + 8, at, bottom + 3, at + 3.5, bottom + 8, at - 3.5, bottom + 8}};
        canvas.stroke(mark, 1.6, Overlay.TINT);
    }

    private double soundStart(int index) {
        // Frames come at a steady rate; its period is the distance of the first two, or a second.
        double period =
                cells.size() > 1 ? cells.get(1).timeSeconds() - cells.get(0).timeSeconds() : 1;
        return (index + 0.5) * period - 0.5;
    }
}
