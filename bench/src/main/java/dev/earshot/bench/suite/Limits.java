package dev.earshot.bench.suite;

import dev.earshot.bench.device.DevicePeaks;
import dev.earshot.bench.result.Card;
import dev.earshot.bench.result.Figure;
import java.util.List;

/**
 * What a device does at best, by the type of the operands.
 *
 * @param fp32 for everything else
 * @param tf32 for figures whose name says tf32
 * @param bf16 for figures whose name says bf16; on a processor the same, for its peak is measured in fp32
 */
record Limits(Yardstick fp32, Yardstick tf32, Yardstick bf16) {
    /** Of a device whose peak is not known. */
    static final Limits NONE = of(Yardstick.of(List.of()));

    /** Of a processor. */
    static Limits of(Yardstick peak) {
        return new Limits(peak, peak, peak);
    }

    /** Of the card among some figures; {@link #NONE} where it was not measured, or is only simulated. */
    static Limits ofCard(List<Figure> figures) {
        double bytes = peak(figures, DevicePeaks.COPY);
        return new Limits(
                new Yardstick(peak(figures, DevicePeaks.FP32), bytes),
                new Yardstick(peak(figures, DevicePeaks.TF32), bytes),
                new Yardstick(peak(figures, DevicePeaks.BF16), bytes));
    }

    private static double peak(List<Figure> figures, String name) {
        return figures.stream()
                .filter(figure -> figure.group().equals(Card.PREFIX + DevicePeaks.GROUP)
                        && figure.name().equals(name))
                .mapToDouble(Figure::value)
                .findFirst()
                .orElse(Double.NaN);
    }

    /** For a figure of this name. */
    Yardstick of(String name) {
        return name.contains("bf16") ? bf16 : name.contains("tf32") ? tf32 : fp32;
    }
}
