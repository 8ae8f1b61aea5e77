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
                                : TensorComparison.byTwiceTheError(name, got, plain.get(name), expected));
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
