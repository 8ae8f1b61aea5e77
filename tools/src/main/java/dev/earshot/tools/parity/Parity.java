package dev.earshot.tools.parity;

import dev.earshot.tensor.Backend;
import dev.earshot.tensor.Backends;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.HostTensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * Runs golden cases on a backend and compares. In fp32 the tolerances of the case hold; in reduced precision a result may
 * be twice as far from the fp32 truth as the plain formula in that precision on the scalar reference. Backends are opened
 * when a case first needs one.
 */
public final class Parity implements AutoCloseable {
    /** In what the products of a run are computed. */
    public enum Arithmetic {
        FP32(DType.F32, 0),
        /** fp32 in memory, operands of products with 11 significant bits: cards round them or cut them off. */
        TF32(DType.F32, 0x1p-10, "reference:tf32", "reference:tf32-cut"),
        /** Operands with 8 significant bits, rounded. */
        BF16(DType.BF16, 0x1p-9, "reference");

        private final DType compute;
        private final double rounding;
        private final List<String> plain;

        /** With the largest relative error of one operand. */
        Arithmetic(DType compute, double rounding, String... plain) {
            this.compute = compute;
            this.rounding = rounding;
            this.plain = List.of(plain);
        }

        /** Type in which the products' operands are kept. */
        public DType compute() {
            return compute;
        }

        /** The name that computes so on the device {@code backend}: {@code cuda} becomes {@code cuda:tf32}. */
        public String on(String backend) {
            return this == TF32 ? backend + ":tf32" : backend;
        }

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    private final Map<String, KindRunner> runners;
    private final Supplier<Backend> open;
    private final Arithmetic arithmetic;
    private Backend backend;

    /**
     * @param runners kind to runner, see {@link KindRunners#all()}
     * @param open opens the backend that computes the results
     * @param arithmetic what {@code open}'s backend computes in
     */
    public Parity(Map<String, KindRunner> runners, Supplier<Backend> open, Arithmetic arithmetic) {
        this.runners = runners;
        this.open = open;
        this.arithmetic = arithmetic;
    }

    /** Runs one case; whatever goes wrong in it becomes its result. */
    public CaseResult run(GoldenCase golden) {
        KindRunner runner = runners.get(golden.kind());
        if (runner == null) {
            return CaseResult.unsupported(golden, "kind not built yet");
        }
        try (golden) {
            if (!runner.usesBackend()) {
                return compare(golden, "host", runner.run(golden, null, DType.F32), List.of());
            }
            backend = backend == null ? open.get() : backend;
            Map<String, HostTensor> results = runner.run(golden, backend, arithmetic.compute());
            String setting = backend.info().name() + " " + arithmetic;
            return compare(golden, setting, results, plain(golden, runner));
        } catch (RuntimeException | LinkageError e) {
            return CaseResult.failed(golden, arithmetic.toString(), e.toString());
        }
    }

    /** What the plain formulas give: none in fp32. */
    private List<Map<String, HostTensor>> plain(GoldenCase golden, KindRunner runner) {
        List<Map<String, HostTensor>> results = new ArrayList<>();
        for (String name : arithmetic.plain) {
            try (Backend reference = Backends.open(name)) {
                results.add(runner.run(golden, reference, arithmetic.compute()));
            }
        }
        return results;
    }

    /** By the case's tolerances if there is no {@code plain} formula. */
    private CaseResult compare(
            GoldenCase golden, String setting, Map<String, HostTensor> results, List<Map<String, HostTensor>> plain) {
        List<TensorCheck> checks = new ArrayList<>();
        for (String name : golden.tensorNames()) {
            CheckRule rule = golden.rule(name);
            HostTensor got = results.get(name);
            boolean wanted = name.startsWith("expected.");
            if (rule.skip() || !(wanted || name.startsWith("mid."))) {
                continue;
            }
            if (got != null) {
                HostTensor expected = golden.tensor(name);
                checks.add(
                        plain.isEmpty()
                                ? TensorComparison.byRule(
                                        name, got, expected, rule, rule.where().elements(golden, expected))
                                : byTwiceTheError(golden, name, got, plain));
            } else if (wanted) {
                checks.add(TensorCheck.failure(name, "the implementation gave no such tensor"));
            }
        }
        for (String name : unknown(golden, results.keySet())) {
            checks.add(TensorCheck.failure(name, "the case has no such tensor"));
        }
        if (checks.isEmpty()) {
            return CaseResult.failed(golden, setting, "nothing was compared");
        }
        return CaseResult.of(golden, setting, checks);
    }

    private TensorCheck byTwiceTheError(
            GoldenCase golden, String name, HostTensor got, List<Map<String, HostTensor>> plain) {
        HostTensor expected = golden.tensor(name);
        double yardstick = 0;
        for (Map<String, HostTensor> formula : plain) {
            if (formula.get(name) == null || !formula.get(name).shape().equals(expected.shape())) {
                return TensorCheck.failure(name, "the reference gave no such tensor");
            }
            yardstick = Math.max(yardstick, yardstick(golden, name, formula));
        }
        return TensorComparison.byTwiceTheError(name, got, yardstick, expected);
    }

    /**
     * The plain formula's largest error on a tensor. On a single number (a gate, say) that would compare one rounding error
     * with another, which is luck (seen on gradients of gates: 1.7e-5 against 0.7e-6, of numbers about 1e-3); there it is
     * the largest one over all single numbers of the same family ({@code expected.grad.}, {@code expected.after_adam.}), and
     * at least one rounding of an operand.
     */
    private double yardstick(GoldenCase golden, String name, Map<String, HostTensor> plain) {
        if (plain.get(name).shape().elements() != 1) {
            return TensorComparison.largestError(plain.get(name), golden.tensor(name));
        }
        String family = family(name);
        double rounding = arithmetic.rounding * Math.abs(TensorComparison.toDoubles(golden.tensor(name))[0]);
        double pooled = plain.entrySet().stream()
                .filter(each -> each.getValue().shape().elements() == 1
                        && golden.has(each.getKey())
                        && family(each.getKey()).equals(family))
                .mapToDouble(each -> TensorComparison.largestError(each.getValue(), golden.tensor(each.getKey())))
                .max()
                .orElse(0);
        return Math.max(pooled, rounding);
    }

    /** The first two words of a tensor's name: {@code expected.grad} of {@code expected.grad.adaav.0.gate}. */
    private static String family(String name) {
        int dot = name.indexOf('.', name.indexOf('.') + 1);
        return dot < 0 ? name : name.substring(0, dot);
    }

    private static Set<String> unknown(GoldenCase golden, Set<String> names) {
        return names.stream().filter(name -> !golden.has(name)).collect(Collectors.toCollection(TreeSet::new));
    }

    /** Closes the backend if one was opened. */
    @Override
    public void close() {
        if (backend != null) {
            backend.close();
            backend = null;
        }
    }
}
