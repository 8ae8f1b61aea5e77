package dev.earshot.tensor.cpu;

import dev.earshot.bindings.NativeLibraries;
import dev.earshot.bindings.NativeLibraryException;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.BackendProvider;
import java.util.Optional;

/** Offers the CPU backend as {@code cpu}, or {@code cpu:N} for N threads. */
public final class CpuProvider implements BackendProvider {
    private static final int PRIORITY = 200;

    /** For the service loader. */
    public CpuProvider() {}

    @Override
    public String kind() {
        return "cpu";
    }

    @Override
    public int priority() {
        return PRIORITY;
    }

    @Override
    public Optional<String> unavailable() {
        try {
            NativeLibraries.loadOneDnn();
            return Optional.empty();
        } catch (NativeLibraryException e) {
            return Optional.of(e.getMessage());
        }
    }

    @Override
    public Backend open(String device) {
        if (device.isEmpty()) {
            return new CpuBackend();
        }
        if (!device.matches("[1-9][0-9]{0,3}")) {
            throw new IllegalArgumentException(
                    "backend 'cpu:%s': expected a number of threads after the colon".formatted(device));
        }
        return new CpuBackend(Integer.parseInt(device));
    }
}
