package dev.earshot.tools.parity;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * One rule of a case's {@code check} list: which tensors it speaks of and how far a result may be off. For each tensor the
 * first rule whose glob matches applies.
 *
 * @param glob tensor names; {@code *} stands for any characters, dots included
 * @param exact every element must be equal
 * @param skip the tensor is not compared
 * @param atol absolute part of |got - expected| <= atol + rtol * |expected|
 * @param rtol relative part
 * @param maxFraction share of the elements that may lie outside
 * @param where which elements are compared
 */
record CheckRule(
        String glob,
        boolean exact,
        boolean skip,
        double atol,
        double rtol,
        double maxFraction,
        ElementCondition where) {
    /** The rules of a {@code check} list, in its order. */
    static List<CheckRule> read(JsonNode check) {
        List<CheckRule> rules = new ArrayList<>();
        for (JsonNode rule : check) {
            rules.add(new CheckRule(
                    rule.path("tensor").asText(),
                    rule.path("exact").asBoolean(false),
                    rule.path("skip").asBoolean(false),
                    rule.path("atol").asDouble(0),
                    rule.path("rtol").asDouble(0),
                    rule.path("max_fraction").asDouble(0),
                    ElementCondition.parse(rule.path("where").asText(""))));
        }
        return List.copyOf(rules);
    }

    boolean matches(String tensor) {
        return globMatches(glob, tensor);
    }

    /** True if {@code text} as a whole fits {@code glob}, whose only wildcards are {@code *} and {@code ?}. */
    static boolean globMatches(String glob, String text) {
        StringBuilder regex = new StringBuilder();
        for (char c : glob.toCharArray()) {
            switch (c) {
                case '*' -> regex.append(".*");
                case '?' -> regex.append('.');
                default -> regex.append(Pattern.quote(String.valueOf(c)));
            }
        }
        return text.matches(regex.toString());
    }
}
