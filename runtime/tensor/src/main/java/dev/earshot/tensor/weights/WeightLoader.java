package dev.earshot.tensor.weights;

import dev.earshot.tensor.HostTensor;
import dev.earshot.tensor.Shape;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;

/**
 * Strict loading in three steps, so that every problem of a file is reported at once and each key stands in one place:
 *
 * <pre>{@code
 * WeightLoader loader = WeightLoader.of(weights, "dino vit_base_16");
 * Weight cls = loader.tensor("cls_token", 1, 1, 768);                 // 1. declare
 * WeightLoader block = loader.at("blocks.0.");
 * Weight qkv = block.tensor("attn.qkv.weight", 3 * 768, 768);
 * loader.ignore("head.");
 * loader.finish();                                                     // 2. missing, unexpected, mis-shaped: one exception
 * scope.linear(qkv.read(), ..., DType.F32);                            // 3. read
 * }</pre>
 *
 * A loader made by {@link #declaring} has no file: it only collects names and shapes ({@link #expected()}), for generators
 * of weights and for documentation. Used by one thread.
 */
public final class WeightLoader {
    private static final int LISTED = 8;

    private final Ledger ledger;
    private final String prefix;

    private WeightLoader(Ledger ledger, String prefix) {
        this.ledger = ledger;
        this.prefix = prefix;
    }

    /** A loader that checks {@code weights} against what {@code model}, as messages name it, declares. */
    public static WeightLoader of(Weights weights, String model) {
        return new WeightLoader(new Ledger(weights, model), "");
    }

    /** A loader without weights, which only collects declarations; its tensors cannot be read. */
    public static WeightLoader declaring(String model) {
        return new WeightLoader(new Ledger(null, model), "");
    }

    /** This loader for keys below {@code prefix}, which is put before each as it is (write the dot). */
    public WeightLoader at(String prefix) {
        return new WeightLoader(ledger, this.prefix + prefix);
    }

    /** Declares a tensor of exactly these sizes. */
    public Weight tensor(String key, long... dims) {
        return ledger.declare(prefix + key, Shape.of(dims), true);
    }

    /** Declares a tensor that may be absent; if present, it must have these sizes. See {@link Weight#present()}. */
    public Weight optional(String key, long... dims) {
        return ledger.declare(prefix + key, Shape.of(dims), false);
    }

    /** True if the file has this key; false without a file. Lets a model choose between published layouts. */
    public boolean contains(String key) {
        return ledger.weights != null && ledger.weights.contains(prefix + key);
    }

    /** Keys that begin with {@code keyPrefix} (below this loader's prefix) are no error although nobody declares them. */
    public WeightLoader ignore(String keyPrefix) {
        String full = prefix + keyPrefix;
        return ignoreIf(key -> key.startsWith(full));
    }

    /** Full keys that match are no error although nobody declares them. */
    public WeightLoader ignoreIf(Predicate<String> keys) {
        ledger.ignored.add(keys);
        return this;
    }

    /**
     * Adds a guess for the error text: given the weights, what they look like ("dino vit_small_8"), or an empty string. Only
     * asked when something is wrong.
     */
    public WeightLoader hint(Function<Weights, String> guess) {
        ledger.hints.add(guess);
        return this;
    }

    /** The declared tensors by full key, in the order of declaration; optional ones included. */
    public Map<String, Shape> expected() {
        return Collections.unmodifiableMap(ledger.expected);
    }

    /** Checks the whole file; {@link WeightsException} names all that is missing, unexpected or mis-shaped. */
    public void finish() {
        ledger.finish();
    }

    /** What all loaders of one model share. */
    static final class Ledger {
        private final Weights weights;
        private final String model;
        private final Map<String, Shape> expected = new LinkedHashMap<>();
        private final Set<String> used = new HashSet<>();
        private final List<String> missing = new ArrayList<>();
        private final List<String> misshaped = new ArrayList<>();
        private final List<Predicate<String>> ignored = new ArrayList<>();
        private final List<Function<Weights, String>> hints = new ArrayList<>();
        private boolean finished;

        Ledger(Weights weights, String model) {
            this.weights = weights;
            this.model = model;
        }

        Weight declare(String key, Shape shape, boolean required) {
            if (expected.put(key, shape) != null) {
                throw new IllegalArgumentException("model %s: declares tensor %s twice".formatted(model, key));
            }
            finished = false;
            if (weights == null) {
                return new Weight(this, key, shape, true);
            }
            if (!weights.contains(key)) {
                if (required) {
                    missing.add(key + " " + shape);
                }
                return new Weight(this, key, shape, false);
            }
            WeightEntry entry = weights.entry(key);
            used.add(entry.name());
            if (!entry.shape().equals(shape)) {
                misshaped.add("%s: expected %s, got %s".formatted(key, shape, entry.shape()));
            } else if (!entry.type().readable()) {
                misshaped.add("%s: expected a type that can be computed with, got %s".formatted(key, entry.type()));
            }
            return new Weight(this, key, shape, true);
        }

        HostTensor read(Weight weight) {
            if (weights == null || !finished) {
                throw new IllegalStateException(
                        "tensor %s of model %s: expected a loader with weights and a passed finish(), got %s"
                                .formatted(weight.key(), model, weights == null ? "no weights" : "no finish() yet"));
            }
            if (!weight.present()) {
                throw new IllegalStateException(
                        "tensor %s of model %s: expected the caller to ask present() first, got a read of an absent optional tensor"
                                .formatted(weight.key(), model));
            }
            return weights.read(weight.key());
        }

        void finish() {
            if (weights != null) {
                List<String> unexpected = unexpected();
                if (!missing.isEmpty() || !misshaped.isEmpty() || !unexpected.isEmpty()) {
                    throw new WeightsException(report(unexpected));
                }
            }
            finished = true;
        }

        private List<String> unexpected() {
            List<String> unexpected = new ArrayList<>();
            for (String key : weights.keys()) {
                if (!used.contains(key) && ignored.stream().noneMatch(keys -> keys.test(key))) {
                    unexpected.add(WeightsException.quote(key) + " " + weights.shape(key));
                }
            }
            return unexpected;
        }

        private String report(List<String> unexpected) {
            StringBuilder text = new StringBuilder(
                    "%s: weights: expected the %d tensors of %s, got %d missing, %d of another shape or type, %d unexpected — %s"
                            .formatted(
                                    weights.source(),
                                    expected.size(),
                                    model,
                                    missing.size(),
                                    misshaped.size(),
                                    unexpected.size(),
                                    guess()));
            list(text, "missing", missing);
            list(text, "shape or type", misshaped);
            list(text, "unexpected", unexpected);
            return text.toString();
        }

        private String guess() {
            for (Function<Weights, String> hint : hints) {
                String guess = hint.apply(weights);
                if (!guess.isEmpty()) {
                    return "this looks like " + guess;
                }
            }
            return "give the file of this model and variant";
        }

        private static void list(StringBuilder text, String title, List<String> lines) {
            for (int i = 0; i < Math.min(lines.size(), LISTED); i++) {
                text.append("\n  ").append(title).append(": ").append(lines.get(i));
            }
            if (lines.size() > LISTED) {
                text.append("\n  ")
                        .append(title)
                        .append(": … and ")
                        .append(lines.size() - LISTED)
                        .append(" more");
            }
        }
    }
}
