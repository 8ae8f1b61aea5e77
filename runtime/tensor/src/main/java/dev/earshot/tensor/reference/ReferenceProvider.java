package dev.earshot.tensor.reference;

import dev.earshot.tensor.Backend;
import dev.earshot.tensor.BackendProvider;
import dev.earshot.tensor.DynamicInt8;
import java.util.Optional;

/**
 * Offers {@code reference}, {@code reference:bf16} and {@code reference:tf32} for the plain formulas in these types,
 * {@code reference:tf32-cut} for tf32 with low bits cut off, and {@code reference:int8} for {@link DynamicInt8} with all 127
 * weight levels.
 */
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
            case "tf32" -> new ReferenceBackend(Rounding.TF32);
            case "tf32-cut" -> new ReferenceBackend(Rounding.TF32_CUT);
            case "int8" -> new ReferenceBackend(DynamicInt8.of(DynamicInt8.FULL_LEVELS));
            default ->
                throw new IllegalArgumentException(
                        "backend 'reference:%s': expected reference, reference:bf16, reference:tf32, reference:tf32-cut or reference:int8"
                                .formatted(device));
        };
    }
}
