package dev.earshot.tools.parity;

import dev.earshot.tensor.HostTensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The {@code where} of a check rule: which elements of a tensor are compared, told by other tensors of the case that have
 * its shape. Of the forms {@code TENSOR > NUMBER} and {@code TENSOR == NUMBER}, joined by {@code or}. A condition in other
 * words holds for every element: nothing is left out that was not understood.
 *
 * @param terms one of which must hold; all elements are compared if there is none
 */
record ElementCondition(List<Term> terms) {
    private static final Pattern TERM = Pattern.compile("([\\w.]+) *(>|==) *([-+.\\deE]+)");

    /** {@code tensor > number}, or {@code tensor == number}. */
    record Term(String tensor, boolean greater, double number) {
        private boolean holds(double value) {
            return greater ? value > number : value == number;
        }
    }

    static ElementCondition parse(String where) {
        List<Term> terms = new ArrayList<>();
        for (String part : where.split(" or ")) {
            Matcher matcher = TERM.matcher(part.strip());
            if (!matcher.matches()) {
                return new ElementCondition(List.of());
            }
            terms.add(new Term(matcher.group(1), matcher.group(2).equals(">"), Double.parseDouble(matcher.group(3))));
        }
        return new ElementCondition(List.copyOf(terms));
    }

    /** By element of {@code expected}: whether it is compared. */
    boolean[] elements(GoldenCase golden, HostTensor expected) {
        boolean[] compared = new boolean[Math.toIntExact(expected.shape().elements())];
        if (terms.isEmpty()) {
            Arrays.fill(compared, true);
        }
        for (Term term : terms) {
            HostTensor tensor = golden.tensor(term.tensor());
            if (!tensor.shape().equals(expected.shape())) {
                throw new IllegalArgumentException("%s: where %s: expected the shape %s of what is compared, got %s"
                        .formatted(golden.name(), term.tensor(), expected.shape(), tensor.shape()));
            }
            double[] values = TensorComparison.toDoubles(tensor);
            for (int i = 0; i < values.length; i++) {
                compared[i] |= term.holds(values[i]);
            }
        }
        return compared;
    }
}
