package dev.earshot.tools.parity;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.earshot.tensor.HostTensor;
import dev.earshot.tensor.weights.Weights;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * One golden: a folder with {@code case.json} (kind, configuration, tolerances), {@code io.safetensors} (inputs,
 * intermediates, results) and mostly {@code weights.safetensors}, whose keys are those of the published checkpoint. The
 * tensor files are mapped when first asked for.
 */
public final class GoldenCase implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final String name;
    private final Path folder;
    private final JsonNode description;
    private final List<CheckRule> rules;
    private Weights io;
    private Weights weights;

    private GoldenCase(String name, Path folder, JsonNode description) {
        this.name = name;
        this.folder = folder;
        this.description = description;
        this.rules = CheckRule.read(description.path("check"));
    }

    /**
     * All cases below a folder, sorted by path.
     *
     * @throws IllegalArgumentException if there is no such folder
     */
    public static List<GoldenCase> find(Path root) {
        if (!Files.isDirectory(root)) {
            throw new IllegalArgumentException("goldens: expected a folder, got " + root);
        }
        List<Path> files;
        try (Stream<Path> walk = Files.walk(root, 8)) {
            files = walk.filter(file -> file.endsWith("case.json")).sorted().toList();
        } catch (IOException e) {
            throw new UncheckedIOException("goldens below " + root + " cannot be listed", e);
        }
        List<GoldenCase> cases = new ArrayList<>();
        for (Path file : files) {
            cases.add(read(root, file));
        }
        return List.copyOf(cases);
    }

    private static GoldenCase read(Path root, Path file) {
        try {
            JsonNode description = JSON.readTree(file.toFile());
            String name = root.relativize(file.getParent()).toString().replace('\\', '/');
            if (!description.hasNonNull("kind")) {
                throw new IllegalArgumentException(file + ": expected a field kind, got none");
            }
            return new GoldenCase(name.isEmpty() ? root.getFileName().toString() : name, file.getParent(), description);
        } catch (IOException e) {
            throw new UncheckedIOException(file + " cannot be read as JSON", e);
        }
    }

    /** What is computed; selects the {@link KindRunner}. */
    public String kind() {
        return description.get("kind").asText();
    }

    /** The folder's path below the root of the search; for messages only. */
    public String name() {
        return name;
    }

    /** The folder. */
    public Path folder() {
        return folder;
    }

    /** Every size and option of the case. */
    public JsonNode config() {
        return description.path("config");
    }

    /** All of {@code case.json}, for kinds that keep something beside their configuration. */
    public JsonNode description() {
        return description;
    }

    /** A whole number of the configuration. */
    public int intOption(String key) {
        JsonNode value = config().path(key);
        if (!value.isIntegralNumber()) {
            throw new IllegalArgumentException(
                    "%s/case.json: expected a whole number config.%s, got %s".formatted(name, key, value));
        }
        return value.asInt();
    }

    /** A number of the configuration. */
    public double numberOption(String key) {
        JsonNode value = config().path(key);
        if (!value.isNumber()) {
            throw new IllegalArgumentException(
                    "%s/case.json: expected a number config.%s, got %s".formatted(name, key, value));
        }
        return value.asDouble();
    }

    /** Names of all tensors of {@code io.safetensors}. */
    public List<String> tensorNames() {
        return io().keys().stream().sorted().toList();
    }

    /** True if the case has a tensor of that name. */
    public boolean has(String tensor) {
        return io().contains(tensor);
    }

    /** A tensor of {@code io.safetensors} by its full name, for example {@code input.image}. */
    public HostTensor tensor(String tensor) {
        return io().read(tensor);
    }

    /** The tensor {@code input.<name>}. */
    public HostTensor input(String name) {
        return tensor("input." + name);
    }

    /** The case's weights, keys as published; closed with the case. */
    public Weights weights() {
        if (weights == null) {
            weights = Weights.open(folder.resolve("weights.safetensors"));
        }
        return weights;
    }

    /** The rule that applies to a tensor; a tensor that no rule names must be equal. */
    CheckRule rule(String tensor) {
        for (CheckRule rule : rules) {
            if (rule.matches(tensor)) {
                return rule;
            }
        }
        return new CheckRule(tensor, true, false, 0, 0, 0, new ElementCondition(List.of()));
    }

    private Weights io() {
        if (io == null) {
            io = Weights.open(folder.resolve("io.safetensors"));
        }
        return io;
    }

    /** Gives the mapped files back; they are mapped again when asked for. */
    @Override
    public void close() {
        if (io != null) {
            io.close();
            io = null;
        }
        if (weights != null) {
            weights.close();
            weights = null;
        }
    }

    @Override
    public String toString() {
        return kind() + " " + name;
    }
}
