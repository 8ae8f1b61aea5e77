package dev.earshot.tools.parity.kinds;

import com.fasterxml.jackson.databind.JsonNode;
import dev.earshot.models.Filler;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.HostTensor;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.Workspace;
import dev.earshot.tensor.weights.Weights;
import dev.earshot.tools.parity.GoldenCase;
import dev.earshot.tools.parity.KindRunner;
import java.util.Map;
import java.util.stream.IntStream;

/** A runner of full-size models with {@link Filler} weights: gigabytes, so only on request. */
record FullSize(KindRunner runner) implements KindRunner {
    @Override
    public Map<String, HostTensor> run(GoldenCase golden, Backend backend, DType compute) {
        return runner.run(golden, backend, compute);
    }

    @Override
    public boolean runsUnasked() {
        return false;
    }

    /** The filler's values for a model input of the sizes that the configuration gives under the input's name. */
    static Tensor input(GoldenCase golden, String name, Backend b, Workspace ws) {
        JsonNode sizes = golden.config().path(name);
        long[] dims = IntStream.range(0, sizes.size())
                .mapToLong(i -> sizes.get(i).asLong())
                .toArray();
        return b.upload(ws, Filler.tensor(name, dims), DType.F32);
    }

    static void requireOption(GoldenCase golden, String key, String value) {
        String got = golden.config().path(key).asText();
        if (!got.equals(value)) {
            throw new IllegalArgumentException(
                    "%s/case.json: expected config.%s \"%s\", got \"%s\"".formatted(golden.name(), key, value, got));
        }
    }

    /** Fails if the model declares another number of values than the reference had. */
    static void requireParameters(GoldenCase golden, Weights weights) {
        long count = weights.keys().stream()
                .mapToLong(key -> weights.shape(key).elements())
                .sum();
        long expected = golden.config().path("parameters").asLong();
        if (count != expected) {
            throw new IllegalStateException(
                    "%s: expected %d parameters, got %d".formatted(golden.name(), expected, count));
        }
    }
}
