package dev.earshot.bindings;

import java.nio.file.Path;
import java.util.List;

/**
 * What was loaded and where it was looked for; printed by {@code earshot doctor}.
 *
 * @param library name of the library, for example {@code oneDNN}
 * @param version version that the loaded library gives of itself, for example {@code 3.11.0}
 * @param folder folder on disk from which it was loaded
 * @param attempts every place that was tried, in order; the last one is {@code folder}
 */
public record LibraryReport(String library, String version, Path folder, List<Attempt> attempts) {
    /** Keeps its own copy of the attempts. */
    public LibraryReport {
        attempts = List.copyOf(attempts);
    }

    /**
     * One place that was tried.
     *
     * @param place a path, or the name of the setting or artifact that was looked at
     * @param outcome {@code loaded}, or why it was not
     */
    public record Attempt(String place, String outcome) {
        @Override
        public String toString() {
            return place + ": " + outcome;
        }
    }

    /** One line: library, version and folder. */
    @Override
    public String toString() {
        return "%s %s from %s".formatted(library, version, folder);
    }
}
