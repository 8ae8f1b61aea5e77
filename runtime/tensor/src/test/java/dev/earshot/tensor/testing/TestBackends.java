package dev.earshot.tensor.testing;

import dev.earshot.tensor.Backend;
import dev.earshot.tensor.BackendProvider;
import dev.earshot.tensor.Backends;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.opentest4j.TestAbortedException;

/**
 * The backends that a test runs on: all that can run here, or those of {@code -Dearshot.test.backends=NAME,…}. A named one
 * that cannot run skips the test with the reason.
 */
public final class TestBackends {
    private static final String NAMES = System.getProperty("earshot.test.backends", "");

    private TestBackends() {}

    /** Their names as {@link Backends#open} takes them. */
    public static Stream<String> names() {
        if (NAMES.isEmpty()) {
            return Backends.providers().stream()
                    .filter(provider -> provider.unavailable().isEmpty())
                    .map(BackendProvider::kind);
        }
        List<String> names = Arrays.asList(NAMES.split(","));
        names.forEach(TestBackends::require);
        return names.stream();
    }

    /** Skips the test, with the reason, where a backend cannot run: a bundle for a card has no oneDNN. */
    public static void require(String name) {
        String kind = name.split(":", 2)[0];
        BackendProvider provider = Backends.providers().stream()
                .filter(each -> each.kind().equals(kind))
                .findFirst()
                .orElseThrow(() -> new AssertionError("no backend is called " + name));
        Optional<String> reason = provider.unavailable();
        if (reason.isPresent()) {
            throw new TestAbortedException(name + " cannot run here: " + reason.get());
        }
    }

    /** Opens all of them. */
    public static List<Backend> open() {
        return names().map(Backends::open).toList();
    }
}
