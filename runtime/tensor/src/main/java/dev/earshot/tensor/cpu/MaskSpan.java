package dev.earshot.tensor.cpu;

import java.util.ArrayList;
import java.util.List;

/**
 * Neighbouring positions of a picture's axis and all logits that have a part in them.
 *
 * @param from first position
 * @param to last position + 1
 * @param lowFrom first row or column of logits
 * @param lowTo last row or column of logits + 1
 */
record MaskSpan(int from, int to, int lowFrom, int lowTo) {
    /** Small enough that borders of masks pass through few tiles, large enough that finding them costs little. */
    private static final int LEAST_LOGITS = 8;

    private static final int LEAST_POSITIONS = 16;

    int positions() {
        return to - from;
    }

    /** An axis of a picture, cut up; {@code toFrame} and {@code toPicture} are the two stages along it. */
    static MaskSpan[] of(MaskAxis toFrame, MaskAxis toPicture) {
        List<MaskSpan> spans = new ArrayList<>();
        int from = 0;
        int last = toPicture.positions() - 1;
        for (int o = 0; o <= last; o++) {
            int lowFrom = toFrame.first()[toPicture.first()[from]];
            int lowTo = toFrame.second()[toPicture.second()[o]] + 1;
            if (o == last || (o + 1 - from >= LEAST_POSITIONS && lowTo - lowFrom > LEAST_LOGITS)) {
                spans.add(new MaskSpan(from, o + 1, lowFrom, lowTo));
                from = o + 1;
            }
        }
        return spans.toArray(MaskSpan[]::new);
    }
}
