package dev.earshot.segmentation.output;

import dev.earshot.segmentation.image.Filter;
import dev.earshot.segmentation.image.Resampler;
import dev.earshot.segmentation.image.RgbImage;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** One picture of many: rows with a heading, each of pictures with two lines of text below. Used by one thread. */
public final class PictureGrid {
    private static final int MARGIN = 28;
    private static final int GAP = 12;
    private static final int TITLE_HEIGHT = 52;
    private static final int HEADING_HEIGHT = 30;
    private static final int CAPTION_HEIGHT = 44;
    private static final int FRAME = 3;

    private static final int PAPER = 0xffffff;
    private static final int INK = 0x1d1d1f;
    private static final int SOFT_INK = 0x6e6e73;
    private static final int PANEL = 0xf2f2f5;

    private final String title;
    private final String subtitle;
    private final int side;
    private final List<Row> rows = new ArrayList<>();

    private record Row(String heading, int colour, List<Cell> cells) {}

    private record Cell(RgbImage picture, String bold, String plain) {}

    /**
     * An empty grid.
     *
     * @param title large
     * @param subtitle small and grey below it
     * @param side of the square that each picture is fitted into, in pixels
     */
    public PictureGrid(String title, String subtitle, int side) {
        if (side < 60 || side > 1000) {
            throw new IllegalArgumentException("picture grid: expected cells of 60 to 1000 pixels, got " + side);
        }
        this.title = title;
        this.subtitle = subtitle;
        this.side = side;
    }

    /** Begins a row whose pictures are framed in {@code colour} 0xRRGGBB. */
    public PictureGrid row(String heading, int colour) {
        rows.add(new Row(heading, colour, new ArrayList<>()));
        return this;
    }

    /** Adds a picture to the last row, with a bold and a plain line below. */
    public PictureGrid add(RgbImage picture, String bold, String plain) {
        if (rows.isEmpty()) {
            throw new IllegalStateException("picture grid: expected a row before its pictures");
        }
        double scale = (double) side / Math.max(picture.width(), picture.height());
        int width = (int) Math.max(1, Math.round(picture.width() * scale));
        int height = (int) Math.max(1, Math.round(picture.height() * scale));
        RgbImage fitted = Resampler.resize(picture, width, height, Filter.BICUBIC);
        rows.getLast().cells().add(new Cell(fitted, bold, plain));
        return this;
    }

    /** Draws the grid. */
    public RgbImage render() {
        int columns = rows.stream().mapToInt(row -> row.cells().size()).max().orElse(0);
        int rowHeight = HEADING_HEIGHT + side + CAPTION_HEIGHT;
        int width = Math.max(2 * MARGIN + columns * (side + GAP) - GAP, 480);
        int height = 2 * MARGIN + TITLE_HEIGHT + rows.size() * rowHeight;
        Canvas canvas = new Canvas(RgbImage.black(width, height));
        canvas.fill(0, 0, width, height, PAPER);
        canvas.text(Canvas.fitting(title, 18, width - 2.0 * MARGIN), MARGIN, MARGIN + 18, 18, true, INK);
        canvas.text(Canvas.fitting(subtitle, 10, width - 2.0 * MARGIN), MARGIN, MARGIN + 38, 10, false, SOFT_INK);
        for (int r = 0; r < rows.size(); r++) {
            drawRow(canvas, rows.get(r), MARGIN + TITLE_HEIGHT + r * rowHeight);
        }
        return canvas.image();
    }

    private void drawRow(Canvas canvas, Row row, int top) {
        canvas.text(row.heading(), MARGIN, top + HEADING_HEIGHT - 10, 11, true, INK);
        for (int i = 0; i < row.cells().size(); i++) {
            Cell cell = row.cells().get(i);
            int x = MARGIN + i * (side + GAP);
            int y = top + HEADING_HEIGHT;
            canvas.fill(x - FRAME, y - FRAME, side + 2 * FRAME, side + 2 * FRAME, row.colour());
            canvas.fill(x, y, side, side, PANEL);
            RgbImage picture = cell.picture();
            canvas.paste(picture, x + (side - picture.width()) / 2, y + (side - picture.height()) / 2);
            canvas.text(Canvas.fitting(cell.bold(), 10, side), x, y + side + 19, 10, true, INK);
            canvas.text(Canvas.fitting(cell.plain(), 8, side), x, y + side + 34, 8, false, SOFT_INK);
        }
    }

    /** Draws and writes the grid as PNG. */
    public void write(Path file) {
        PngFiles.write(file, render());
    }
}
