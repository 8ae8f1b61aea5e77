package dev.earshot.tensor.cpu;

import dev.earshot.bindings.NativeLibraries;
import dev.earshot.bindings.NativeLibraryException;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.BackendProvider;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Offers the CPU backend as {@code cpu}, or {@code cpu:N} for N threads; {@code cpu:int8} and {@code cpu:N:int8} compute wide
 * linear layers in 8-bit integers, see {@link dev.earshot.tensor.DynamicInt8}.
 */
public final class CpuProvider implements BackendProvider {
    private static final int PRIORITY = 200;
    private static final Pattern DEVICE = Pattern.compile("|int8|[1-9][0-9]{0,3}(:int8)?");

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
        if (!DEVICE.matcher(device).matches()) {
            throw new IllegalArgumentException(
                    "backend 'cpu:%s': expected cpu, cpu:THREADS, cpu:int8 or cpu:THREADS:int8".formatted(device));
        }
        String count = device.replaceFirst(":?int8$", "");
        int threads = count.isEmpty() ? CpuBackend.defaultThreads() : Integer.parseInt(count);
        return device.endsWith("int8") ? CpuBackend.int8(threads) : new CpuBackend(threads);
    }
}
