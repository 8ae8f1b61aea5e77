package dev.earshot.tensor.cpu;

import dev.earshot.tensor.MaskResize;

/**
 * The two stages of a {@link MaskResize} for logits of one size, by axis. Of the frame's columns only those count that the
 * picture's columns lie between: where the picture is smaller than the frame, most do not. Immutable, shared by the workers.
 *
 * @param lowHeight rows of the logits
 * @param lowWidth columns of the logits
 * @param toFrameRows from rows of logits to rows of the frame
 * @param toFrameColumns from columns of logits to the frame's columns that count
 * @param toPictureRows from rows of the frame to rows of the picture
 * @param toPictureColumns from the frame's columns that count, by their number, to columns of the picture
 * @param rowSpans the picture's rows, cut up
 * @param columnSpans the picture's columns, cut up
 */
record MaskGeometry(
        int lowHeight,
        int lowWidth,
        MaskAxis toFrameRows,
        MaskAxis toFrameColumns,
        MaskAxis toPictureRows,
        MaskAxis toPictureColumns,
        MaskSpan[] rowSpans,
        MaskSpan[] columnSpans) {
    static MaskGeometry of(long lowHeight, long lowWidth, MaskResize resize) {
        int h = Math.toIntExact(lowHeight);
        int w = Math.toIntExact(lowWidth);
        MaskAxis frameColumns = MaskAxis.of(w, resize.frameWidth(), resize.insetWidth());
        MaskAxis pictureColumns = MaskAxis.of(resize.insetWidth(), resize.width(), resize.width());
        boolean[] counts = new boolean[resize.insetWidth()];
        for (int x = 0; x < pictureColumns.positions(); x++) {
            counts[pictureColumns.first()[x]] = true;
            counts[pictureColumns.second()[x]] = true;
        }
        int[] number = new int[counts.length];
        int[] column = new int[counts.length];
        int used = 0;
        for (int j = 0; j < counts.length; j++) {
            number[j] = used;
            if (counts[j]) {
                column[used++] = j;
            }
        }
        MaskAxis toFrameRows = MaskAxis.of(h, resize.frameHeight(), resize.insetHeight());
        MaskAxis toFrameColumns = frameColumns.only(column, used);
        MaskAxis toPictureRows = MaskAxis.of(resize.insetHeight(), resize.height(), resize.height());
        MaskAxis toPictureColumns = pictureColumns.renumbered(number);
        return new MaskGeometry(
                h,
                w,
                toFrameRows,
                toFrameColumns,
                toPictureRows,
                toPictureColumns,
                MaskSpan.of(toFrameRows, toPictureRows),
                MaskSpan.of(toFrameColumns, toPictureColumns));
    }

    int height() {
        return toPictureRows.positions();
    }

    int width() {
        return toPictureColumns.positions();
    }

    /** Elements that one mask costs at most, for sharing. */
    long work() {
        return (long) lowHeight * lowWidth + (long) height() * width();
    }
}
