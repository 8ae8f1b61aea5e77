package dev.earshot.tools.train;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A grid of trainings:
 *
 * <pre>
 * {"trainClips": 400, "evaluationClips": 12, "seed": 1,
 *  "settings": {"steps": 200, "lr": 1e-3},
 *  "cells": [{"name": "SSD alone", "l-ncc": 0}, {"name": "both"}]}
 * </pre>
 *
 * Keys of {@code settings} and cells are options of {@code earshot train moca} without their dashes; a cell's win.
 *
 * @param trainClips clips of the demo world to learn from
 * @param evaluationClips clips of each set to judge on, of another split
 * @param seed of both
 * @param cells trainings
 */
public record AblationPlan(int trainClips, int evaluationClips, long seed, List<Cell> cells) {
    private static final Set<String> KEYS = Set.of("trainClips", "evaluationClips", "seed", "settings", "cells");
    private static final int MOST_CLIPS = 1_000_000;

    /**
     * A training.
     *
     * @param name of its row
     * @param options name to value
     */
    public record Cell(String name, Map<String, String> options) {
        /** As a command line has them. */
        public String[] arguments() {
            return options.entrySet().stream()
                    .filter(option -> !option.getValue().equals("false"))
                    .map(option ->
                            "--" + option.getKey() + (option.getValue().equals("true") ? "" : "=" + option.getValue()))
                    .toArray(String[]::new);
        }
    }

    /**
     * Reads a plan.
     *
     * @throws IllegalArgumentException naming the field that is wrong
     */
    public static AblationPlan read(Path file) {
        JsonNode root;
        try {
            root = new ObjectMapper()
                    .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
                    .readTree(file.toFile());
        } catch (com.fasterxml.jackson.core.JsonProcessingException e) {
            throw new IllegalArgumentException(file + ": expected JSON: " + e.getOriginalMessage(), e);
        } catch (IOException e) {
            throw new UncheckedIOException(file + " cannot be read", e);
        }
        if (!root.isObject()) {
            throw new IllegalArgumentException(file + ": expected an object with cells");
        }
        root.fieldNames().forEachRemaining(key -> {
            if (!KEYS.contains(key)) {
                throw new IllegalArgumentException("%s: expected one of %s, got %s".formatted(file, KEYS, key));
            }
        });
        Map<String, String> common = options(root.path("settings"));
        List<Cell> cells = new ArrayList<>();
        for (JsonNode cell : root.path("cells")) {
            Map<String, String> options = new LinkedHashMap<>(common);
            options.putAll(options(cell));
            options.remove("name");
            cells.add(new Cell(cell.path("name").asText("cell " + (cells.size() + 1)), options));
        }
        if (cells.isEmpty() || cells.stream().map(Cell::name).distinct().count() < cells.size()) {
            throw new IllegalArgumentException(file + ": expected at least one cell, each with a name of its own");
        }
        return new AblationPlan(
                clips(file, root, "trainClips", 400),
                clips(file, root, "evaluationClips", 12),
                root.path("seed").asLong(1),
                cells);
    }

    private static int clips(Path file, JsonNode root, String field, int standard) {
        int clips = root.path(field).asInt(standard);
        if (clips < 1 || clips > MOST_CLIPS) {
            throw new IllegalArgumentException(
                    "%s: %s: expected 1 to %d, got %s".formatted(file, field, MOST_CLIPS, root.path(field)));
        }
        return clips;
    }

    private static Map<String, String> options(JsonNode node) {
        Map<String, String> options = new LinkedHashMap<>();
        node.properties()
                .forEach(entry -> options.put(entry.getKey(), entry.getValue().asText()));
        return options;
    }
}
