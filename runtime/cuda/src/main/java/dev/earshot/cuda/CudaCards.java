package dev.earshot.cuda;

import dev.earshot.bindings.CudaFlavour;
import dev.earshot.bindings.NativeLibraries;
import dev.earshot.cuda.device.CudaSystem;
import java.util.List;
import java.util.Locale;

/** The cards that a driver sees, whether a backend can run on them or not: for whoever looks for the reason. */
public final class CudaCards {
    private CudaCards() {}

    /**
     * One line per card, in the driver's order: model, compute capability, memory.
     *
     * @throws dev.earshot.bindings.NativeLibraryException if the driver cannot be loaded
     * @throws CudaException if the driver cannot be initialised
     */
    public static List<String> describe(CudaFlavour flavour) {
        NativeLibraries.loadCudaDriver(flavour);
        return CudaSystem.devices().stream()
                .map(card -> String.format(
                        Locale.ROOT,
                        "%s, compute capability %s, %.1f GB, %d multiprocessors",
                        card.name(),
                        card.computeCapability(),
                        card.memoryBytes() / 1e9,
                        card.multiprocessors()))
                .toList();
    }
}
