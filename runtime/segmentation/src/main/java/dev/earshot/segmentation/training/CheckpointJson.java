package dev.earshot.segmentation.training;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;

/** The JSON half of a checkpoint. 64-bit states are hexadecimal text, since JSON numbers lose digits beyond 2^53. */
final class CheckpointJson {
    private static final ObjectMapper JSON = new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);
    private static final int FORMAT = 1;

    /** Hash of everything else in the description, whatever its white space. */
    private static final String SEAL = "seal";

    private CheckpointJson() {}

    /** A description: a checkpoint without tensors, the file that holds them, and its hash. */
    record Described(Checkpoint checkpoint, String file, String sha256) {}

    static byte[] write(Checkpoint checkpoint, String file, String sha256) {
        ObjectNode root = JSON.createObjectNode();
        root.put("format", FORMAT);
        root.put("step", checkpoint.step());
        ObjectNode sampler = root.putObject("sampler");
        sampler.put("epoch", checkpoint.sampler().epoch());
        sampler.put("position", checkpoint.sampler().position());
        sampler.put("random", Long.toHexString(checkpoint.sampler().random()));
        sampler.put("epochRandom", Long.toHexString(checkpoint.sampler().epochRandom()));
        ObjectNode settings = root.putObject("settings");
        checkpoint.settings().forEach(settings::put);
        ObjectNode hashes = root.putObject("hashes");
        checkpoint.hashes().forEach(hashes::put);
        ObjectNode running = root.putObject("running");
        checkpoint.running().forEach(running::put);
        root.put("file", file);
        root.put("sha256", sha256);
        root.put(SEAL, seal(root));
        try {
            return (JSON.writerWithDefaultPrettyPrinter().writeValueAsString(root) + "\n")
                    .getBytes(StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new IllegalStateException("checkpoint cannot be written as JSON", e);
        }
    }

    /**
     * Reads a description.
     *
     * @throws IllegalArgumentException if it is none, or incomplete
     */
    static Described read(byte[] content, String source) {
        JsonNode root;
        try {
            root = JSON.readTree(content);
        } catch (IOException e) {
            throw new IllegalArgumentException(source + ": expected a checkpoint, got damaged JSON", e);
        }
        if (!root.isObject() || root.path("format").asInt() != FORMAT) {
            throw new IllegalArgumentException(
                    "%s: expected a checkpoint of format %d, got %s".formatted(source, FORMAT, root.path("format")));
        }
        String seal = text(source, root, SEAL);
        ((ObjectNode) root).remove(SEAL);
        if (!seal.equals(seal(root))) {
            throw new IllegalArgumentException(source + ": damaged: its content does not fit its hash");
        }
        JsonNode sampler = root.path("sampler");
        TripletSampler.State state = new TripletSampler.State(
                hexadecimal(source, sampler, "random"),
                hexadecimal(source, sampler, "epochRandom"),
                whole(source, sampler, "epoch", -1),
                Math.toIntExact(whole(source, sampler, "position", 0)));
        Checkpoint checkpoint = new Checkpoint(
                whole(source, root, "step", 0),
                state,
                entries(source, root, "settings", JsonNode::asText),
                entries(source, root, "hashes", JsonNode::asText),
                entries(source, root, "running", JsonNode::asDouble),
                Map.of());
        return new Described(checkpoint, text(source, root, "file"), text(source, root, "sha256"));
    }

    private static String seal(JsonNode root) {
        return Sha256.of(root.toString());
    }

    private static long whole(String source, JsonNode node, String field, long least) {
        JsonNode value = node.path(field);
        if (!value.canConvertToLong() || !value.isIntegralNumber() || value.asLong() < least) {
            throw expected(source, field, "a whole number from " + least, value);
        }
        return value.asLong();
    }

    private static long hexadecimal(String source, JsonNode node, String field) {
        String value = text(source, node, field);
        try {
            return Long.parseUnsignedLong(value, 16);
        } catch (NumberFormatException e) {
            throw expected(source, field, "64 bits in hexadecimal", node.path(field));
        }
    }

    private static String text(String source, JsonNode node, String field) {
        JsonNode value = node.path(field);
        if (!value.isTextual()) {
            throw expected(source, field, "text", value);
        }
        return value.asText();
    }

    private static <T> Map<String, T> entries(
            String source, JsonNode root, String field, Function<JsonNode, T> convert) {
        JsonNode node = root.path(field);
        if (!node.isObject()) {
            throw expected(source, field, "an object", node);
        }
        Map<String, T> entries = new LinkedHashMap<>();
        node.properties().forEach(entry -> entries.put(entry.getKey(), convert.apply(entry.getValue())));
        return entries;
    }

    private static IllegalArgumentException expected(String source, String field, String what, JsonNode got) {
        String shown = got.isMissingNode() ? "nothing" : got.toString();
        return new IllegalArgumentException("%s: field %s: expected %s, got %s"
                .formatted(source, field, what, shown.length() > 60 ? shown.substring(0, 60) + "…" : shown));
    }
}
