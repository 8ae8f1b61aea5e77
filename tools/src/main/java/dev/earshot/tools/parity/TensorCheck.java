package dev.earshot.tools.parity;

import java.util.Locale;

/**
 * One compared tensor: how far it was off and how far it was allowed to be.
 *
 * @param tensor its name in the case
 * @param error largest absolute difference (for a rule with {@code max_fraction}: the share of differing elements)
 * @param allowed what {@code error} is held against, at the element that was worst
 * @param passed whether the tensor fits
 * @param remark why a tensor failed for another reason than its values, otherwise empty
 */
public record TensorCheck(String tensor, double error, double allowed, boolean passed, String remark) {
    static TensorCheck failure(String tensor, String remark) {
        return new TensorCheck(tensor, Double.POSITIVE_INFINITY, 0, false, remark);
    }

    /** How much of the tolerance is used up; the largest one of a case is shown. */
    public double load() {
        if (!passed) {
            return allowed > 0 && Double.isFinite(error) ? Math.max(error / allowed, 1) : Double.POSITIVE_INFINITY;
        }
        return error == 0 ? 0 : error / Math.max(allowed, Double.MIN_NORMAL);
    }

    /** For example {@code expected.mel 3.1e-05 (allowed 2.0e-03)}. */
    public String describe() {
        String numbers = remark.isEmpty() ? String.format(Locale.ROOT, "%.2g (allowed %.2g)", error, allowed) : remark;
        return String.format(Locale.ROOT, "%s %s", tensor, numbers);
    }
}
