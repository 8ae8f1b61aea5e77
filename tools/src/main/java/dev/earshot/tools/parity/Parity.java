package dev.earshot.tools.parity;

import dev.earshot.tensor.Backend;
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
    /** Largest relative error of rounding a number to 8 significant bits. */
    private static final double BF16_ROUNDING = 0x1p-9;

    private final Map<String, KindRunner> runners;
    private final Supplier<Backend> open;
    private final Supplier<Backend> openPlain;
    private final DType compute;
    private Backend backend;

    /**
     * @param runners kind to runner, see {@link KindRunners#all()}
     * @param open opens the backend that computes the results
     * @param openPlain opens the scalar reference, used in reduced precision only
     * @param compute F32 or BF16
     */
    public Parity(Map<String, KindRunner> runners, Supplier<Backend> open, Supplier<Backend> openPlain, DType compute) {
        this.runners = runners;
        this.open = open;
        this.openPlain = openPlain;
        this.compute = compute;
    }

    /** Runs one case; whatever goes wrong in it becomes its result. */
    public CaseResult run(GoldenCase golden) {
        KindRunner runner = runners.get(golden.kind());
        if (runner == null) {
            return CaseResult.unsupported(golden, "kind not built yet");
        }
        try (golden) {
            if (!runner.usesBackend()) {
                return compare(golden, "host", runner.run(golden, null, DType.F32), null);
            }
            backend = backend == null ? open.get() : backend;
            Map<String, HostTensor> results = runner.run(golden, backend, compute);
            String setting = backend.info().name() + " " + precision();
            return compare(golden, setting, results, compute == DType.F32 ? null : plain(golden, runner));
        } catch (RuntimeException | LinkageError e) {
            return CaseResult.failed(golden, precision(), e.toString());
        }
    }

    private String precision() {
        return compute == DType.F32 ? "fp32" : compute.name().toLowerCase(Locale.ROOT);
    }

    private Map<String, HostTensor> plain(GoldenCase golden, KindRunner runner) {
        try (Backend reference = openPlain.get()) {
            return runner.run(golden, reference, compute);
        }
    }

    /** {@code plain} is null in fp32. */
    private static CaseResult compare(
            GoldenCase golden, String setting, Map<String, HostTensor> results, Map<String, HostTensor> plain) {
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
                        plain == null
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

    private static TensorCheck byTwiceTheError(
            GoldenCase golden, String name, HostTensor got, Map<String, HostTensor> plain) {
        HostTensor expected = golden.tensor(name);
        if (plain.get(name) == null || !plain.get(name).shape().equals(expected.shape())) {
            return TensorCheck.failure(name, "the reference gave no such tensor");
        }
        return TensorComparison.byTwiceTheError(name, got, yardstick(golden, name, plain), expected);
    }

    /**
     * The plain formula's largest error on a tensor. On a single number (a gate, say) that would compare one rounding error
     * with another, which is luck (seen on gradients of gates: 1.7e-5 against 0.7e-6, of numbers about 1e-3); there it is
     * the largest one over all single numbers of the same family ({@code expected.grad.}, {@code expected.after_adam.}), and
     * at least one rounding to bf16.
     */
    private static double yardstick(GoldenCase golden, String name, Map<String, HostTensor> plain) {
        if (plain.get(name).shape().elements() != 1) {
            return TensorComparison.largestError(plain.get(name), golden.tensor(name));
        }
        String family = family(name);
        double rounding = BF16_ROUNDING * Math.abs(TensorComparison.toDoubles(golden.tensor(name))[0]);
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
