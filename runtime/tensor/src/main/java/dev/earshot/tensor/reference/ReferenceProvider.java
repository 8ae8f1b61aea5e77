package dev.earshot.tensor.reference;

import dev.earshot.tensor.Backend;
import dev.earshot.tensor.BackendProvider;
import java.util.Optional;

/** Offers {@code reference}, and {@code reference:bf16} for the plain bf16 formula. */
public final class ReferenceProvider implements BackendProvider {
    /** For {@link java.util.ServiceLoader}. */
    public ReferenceProvider() {}

    @Override
    public String kind() {
        return "reference";
    }

    @Override
    public int priority() {
        return 100;
    }

    @Override
    public Optional<String> unavailable() {
        return Optional.empty();
    }

    @Override
    public Backend open(String device) {
        return switch (device) {
            case "" -> new ReferenceBackend(Rounding.NONE);
            case "bf16" -> new ReferenceBackend(Rounding.BF16);
            default ->
                throw new IllegalArgumentException(
                        "backend 'reference:%s': expected reference or reference:bf16".formatted(device));
        };
    }
}
