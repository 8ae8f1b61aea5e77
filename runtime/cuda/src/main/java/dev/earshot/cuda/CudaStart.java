package dev.earshot.cuda;

import dev.earshot.bindings.CudaFlavour;
import dev.earshot.bindings.LibraryReport;
import dev.earshot.bindings.NativeLibraries;
import dev.earshot.bindings.NativeLibraryException;
import dev.earshot.cuda.device.CudaDevice;
import dev.earshot.cuda.device.CudaOptions;
import dev.earshot.cuda.device.CudaSystem;
import dev.earshot.tensor.Backend;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** What the two providers share: finding the libraries, looking at the cards, reading the device's name. */
final class CudaStart {
    /** Compute capability of the portable kernels. */
    private static final int LEAST_MAJOR = 8;

    private static final String TF32 = "tf32";

    private final CudaFlavour flavour;
    private final String name;
    private final Path kernelDriver;

    CudaStart(CudaFlavour flavour, String name) {
        this(flavour, name, Path.of("/proc/driver/nvidia/version"));
    }

    /** With the file that the kernel's part of the driver makes. */
    CudaStart(CudaFlavour flavour, String name, Path kernelDriver) {
        this.flavour = flavour;
        this.name = name;
        this.kernelDriver = kernelDriver;
    }

    /** See {@link dev.earshot.tensor.BackendProvider#unavailable()}. */
    Optional<String> unavailable() {
        try {
            libraries();
            requireFit(devices(), 0);
            return Optional.empty();
        } catch (NativeLibraryException | CudaException | IllegalStateException e) {
            return Optional.of(e.getMessage());
        }
    }

    /** True if there is a driver, or a part of one: the machine has, or is meant to have, a card. */
    boolean hasDriver() {
        try {
            NativeLibraries.loadCudaDriver(flavour);
            return true;
        } catch (NativeLibraryException | IllegalStateException e) {
            return Files.exists(kernelDriver);
        }
    }

    private List<String> libraries() {
        LibraryReport driver = NativeLibraries.loadCudaDriver(flavour);
        NativeLibraries.loadJCuda(CudaSystem::initialise);
        LibraryReport products = NativeLibraries.loadCublasLt(flavour);
        LibraryReport convolutions = NativeLibraries.loadCudnn(flavour);
        return Stream.of(driver, products, convolutions)
                .map(LibraryReport::toString)
                .toList();
    }

    private static List<CudaDevice> devices() {
        return CudaSystem.devices();
    }

    /** Fails unless card {@code ordinal} exists and runs the kernels. */
    private void requireFit(List<CudaDevice> devices, int ordinal) {
        if (devices.isEmpty()) {
            throw new IllegalStateException(
                    "the driver sees no NVIDIA card — check nvidia-smi and CUDA_VISIBLE_DEVICES, or use --device cpu");
        }
        if (ordinal >= devices.size()) {
            throw new IllegalArgumentException("device %s:%d: expected 0 to %d, this machine has %d card(s)"
                    .formatted(name, ordinal, devices.size() - 1, devices.size()));
        }
        CudaDevice device = devices.get(ordinal);
        if (device.major() < LEAST_MAJOR) {
            throw new IllegalStateException(
                    "%s:%d (%s) has compute capability %s: expected %d.0 or newer (Ampere) — use another card or --device cpu"
                            .formatted(name, ordinal, device.name(), device.computeCapability(), LEAST_MAJOR));
        }
    }

    /** See {@link dev.earshot.tensor.BackendProvider#open}. */
    Backend open(String device) {
        int ordinal = 0;
        boolean tf32 = false;
        for (String part : device.isEmpty() ? new String[0] : device.split(":", -1)) {
            if (part.equals(TF32) && !tf32) {
                tf32 = true;
            } else if (part.matches("\\d{1,4}") && !tf32) {
                ordinal = Integer.parseInt(part);
            } else {
                throw new IllegalArgumentException("device '%s:%s': expected %s, %s:NUMBER, %s:tf32 or %s:NUMBER:tf32"
                        .formatted(name, device, name, name, name, name));
            }
        }
        List<String> libraries = libraries();
        requireFit(devices(), ordinal);
        long limit = Long.getLong("earshot.cuda.memory", CudaOptions.NO_LIMIT);
        return CudaBackend.open(ordinal, new CudaOptions(name, tf32, limit), libraries);
    }
}
