package dev.earshot.tensor;

import java.util.Optional;

/**
 * How a module offers a backend to {@link Backends}: a public class with a public no-argument constructor, named both in
 * the module's {@code provides} clause and in {@code META-INF/services/dev.earshot.tensor.BackendProvider} (for class-path
 * use). Constructing a provider must be cheap and must not load native libraries.
 */
public interface BackendProvider {
    /** First part of the backend's name: {@code cpu}, {@code reference}, {@code cuda}. */
    String kind();

    /** Rank for {@code auto}; the highest available provider is taken. CUDA 300, CPU 200, reference 100. */
    int priority();

    /** Why this backend cannot run on this machine, in one line; empty if it can. May load native libraries. */
    Optional<String> unavailable();

    /**
     * False if nothing on this machine suggests that this backend could run here, for example no part of a card's driver:
     * who then leaves the choice to {@code auto} need not be told why another one was taken.
     */
    default boolean isExpected() {
        return true;
    }

    /**
     * Opens the backend.
     *
     * @param device what follows the colon of the name ({@code "0"} in {@code cuda:0}), or the empty string
     * @throws IllegalArgumentException if there is no such device
     */
    Backend open(String device);
}
