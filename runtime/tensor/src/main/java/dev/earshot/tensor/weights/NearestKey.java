package dev.earshot.tensor.weights;

import java.util.Collection;

/** Finds the key a caller may have meant, for messages only. */
final class NearestKey {
    private NearestKey() {}

    /** The exception for a key that is not there. */
    static WeightsException missing(String source, String key, Collection<String> keys) {
        String nearest = nearest(key, keys);
        String advice = nearest.isEmpty()
                ? "list its tensors with: earshot inspect FILE"
                : "the nearest name is " + WeightsException.quote(nearest);
        return WeightsException.of(
                source, "tensor " + WeightsException.quote(key), "to be present", "no tensor of that name", advice);
    }

    /** The key that shares the longest head plus tail with {@code key}; empty if none shares half of it. */
    private static String nearest(String key, Collection<String> keys) {
        String best = "";
        int bestShared = (key.length() + 1) / 2 - 1;
        for (String candidate : keys) {
            int limit = Math.min(key.length(), candidate.length());
            int head = 0;
            while (head < limit && key.charAt(head) == candidate.charAt(head)) {
                head++;
            }
            int tail = 0;
            while (tail < limit - head
                    && key.charAt(key.length() - 1 - tail) == candidate.charAt(candidate.length() - 1 - tail)) {
                tail++;
            }
            if (head + tail > bestShared) {
                bestShared = head + tail;
                best = candidate;
            }
        }
        return best;
    }
}
