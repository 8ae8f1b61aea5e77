package dev.earshot.bindings;

import dev.earshot.bindings.CudaSearch.Place;
import dev.earshot.bindings.LibraryReport.Attempt;
import dev.earshot.bindings.cudnn.cudnn;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Finds the CUDA driver, cuBLASLt and cuDNN, or their simulated counterparts, and loads them into this module's class
 * loader. A process loads each library once; a failure is kept too, so that every caller sees the first one.
 */
final class CudaLoader {
    /** Older drivers lack functions of the binding, and refuse our PTX. */
    private static final int OLDEST_DRIVER = 12_000;

    private static final CudaLoader PROCESS = new CudaLoader(CudaSearch.ofProcess());

    private final CudaSearch search;
    private final Map<CudaLibrary, Result> results = new EnumMap<>(CudaLibrary.class);
    private CudaFlavour used; // of the first library that was loaded

    private sealed interface Result {
        record Loaded(LibraryReport report, int version) implements Result {}

        record Failed(CudaFlavour flavour, NativeLibraryException failure) implements Result {}
    }

    /** With the places to look at. */
    CudaLoader(CudaSearch search) {
        this.search = search;
    }

    /** The one loader of this process. */
    static CudaLoader ofProcess() {
        return PROCESS;
    }

    /**
     * Loads a library, or returns the report of its first loading.
     *
     * @throws NativeLibraryException if it cannot be found or loaded, or does not fit
     * @throws IllegalStateException if the process already uses the other flavour
     */
    synchronized LibraryReport load(CudaLibrary library, CudaFlavour flavour) {
        if (used != null && used != flavour) {
            throw new IllegalStateException(
                    "%s: expected a request for the %s device, which this process already uses, got one for the %s device (a process uses one of them) — start another process"
                            .formatted(library.title(), lower(used), lower(flavour)));
        }
        Result known = results.get(library);
        // A failure of one flavour says nothing about the other.
        if (known == null || known instanceof Result.Failed failed && failed.flavour() != flavour) {
            known = attempt(library, flavour);
            results.put(library, known);
        }
        return switch (known) {
            case Result.Loaded loaded -> loaded.report();
            case Result.Failed failed -> throw failed.failure();
        };
    }

    private static String lower(CudaFlavour flavour) {
        return flavour.name().toLowerCase(Locale.ROOT);
    }

    private Result attempt(CudaLibrary library, CudaFlavour flavour) {
        List<Attempt> attempts = new ArrayList<>();
        try {
            Optional<Path> found = switch (flavour) {
                case REAL -> real(library, attempts);
                case SIMULATED -> simulated(library, attempts);
            };
            Path file = found.orElseThrow(() -> failure(library, flavour, attempts, null));
            used = flavour;
            if (library == CudaLibrary.CUDNN && flavour == CudaFlavour.REAL) {
                preloadForCudnn(file.getParent(), attempts);
            }
            int version = library.version();
            String text = library.text(version);
            requireFit(library, flavour, version, file);
            return new Result.Loaded(new LibraryReport(library.title(), text, file.getParent(), attempts), version);
        } catch (NativeLibraryException e) {
            return new Result.Failed(flavour, e);
        } catch (UnsatisfiedLinkError | NoClassDefFoundError e) {
            attempts.add(new Attempt("functions of " + library.title(), String.valueOf(e.getMessage())));
            return new Result.Failed(flavour, failure(library, flavour, attempts, e));
        }
    }

    private Optional<Path> simulated(CudaLibrary library, List<Attempt> attempts) {
        if (library != CudaLibrary.DRIVER) {
            load(CudaLibrary.DRIVER, CudaFlavour.SIMULATED); // the others are linked with it
        }
        Optional<Path> folder = search.simulated();
        Place place = new Place(
                CudaSearch.SIMULATED_SETTING + folder.map(path -> ", " + path).orElse(""), folder.orElse(null));
        Optional<Path> file = LibraryFiles.load(place, List.of(library.files().getFirst()), attempts);
        if (library == CudaLibrary.DRIVER && file.isPresent()) {
            requireSame(file.get(), attempts);
        }
        return file;
    }

    /** JCuda and the other libraries ask for the driver by its name: they must get this file. */
    private static void requireSame(Path file, List<Attempt> attempts) {
        String found;
        try {
            Optional<Path> byName = DynamicLinker.find(file.getFileName().toString(), CudaLibrary.DRIVER.probe());
            if (byName.isPresent() && Files.isSameFile(byName.get(), file)) {
                return;
            }
            found = byName.map(path -> path + ", which was loaded before").orElse("none");
        } catch (IOException e) {
            found = e.toString();
        }
        attempts.add(new Attempt(file.getFileName() + " by its name", "expected " + file + ", got " + found));
        throw failure(CudaLibrary.DRIVER, CudaFlavour.SIMULATED, attempts, null);
    }

    private Optional<Path> real(CudaLibrary library, List<Attempt> attempts) {
        List<String> files = fitting(library, attempts);
        if (!library.liesInFolders()) {
            return LibraryFiles.loadByName(files, library.probe(), attempts);
        }
        Optional<Path> explicit = search.explicit(library);
        if (explicit.isPresent()) {
            // An explicit folder that does not work is an error: falling back would hide the mistake.
            Place place = new Place(library.setting() + ", " + explicit.get(), explicit.get());
            return LibraryFiles.load(place, files, attempts);
        }
        attempts.add(new Attempt(library.setting(), "not set"));
        if (search.linker()) {
            Optional<Path> file = LibraryFiles.loadByName(files, library.probe(), attempts);
            if (file.isPresent()) {
                return file;
            }
        }
        return LibraryFiles.loadFirst(search.folders(library), files, attempts);
    }

    /** Leaves out what the loaded driver is too old for; without a driver everything is tried. */
    private List<String> fitting(CudaLibrary library, List<Attempt> attempts) {
        List<String> files = library.files();
        if (library != CudaLibrary.CUBLASLT || driverVersion().orElse(13_000) >= 13_000) {
            return files;
        }
        attempts.add(new Attempt(
                files.getFirst(),
                "left out, the driver is for CUDA "
                        + CudaLibrary.DRIVER.text(driverVersion().orElseThrow())));
        return files.subList(1, files.size());
    }

    private Optional<Integer> driverVersion() {
        return results.get(CudaLibrary.DRIVER) instanceof Result.Loaded driver
                ? Optional.of(driver.version())
                : Optional.empty();
    }

    /**
     * cuDNN opens cuBLAS and the run-time compiler by their names when it first needs them, and by itself looks only
     * beside it as wheels are laid out. Whatever of that name is already loaded, it takes.
     */
    private void preloadForCudnn(Path cudnnFolder, List<Attempt> attempts) {
        LibraryReport cublasLt;
        try {
            cublasLt = load(CudaLibrary.CUBLASLT, CudaFlavour.REAL);
        } catch (NativeLibraryException e) {
            attempts.add(new Attempt("cuBLASLt for cuDNN", "left to cuDNN, for it cannot be loaded"));
            return;
        }
        Path folder = cublasLt.folder();
        Path nvidia = cudnnFolder.resolve("../..").normalize();
        if (folder.equals(nvidia.resolve("cu13/lib")) || folder.equals(nvidia.resolve("cublas/lib"))) {
            return;
        }
        String major = cublasLt.version().substring(0, cublasLt.version().indexOf('.'));
        for (String name : List.of("libnvrtc.so." + major, "libcublas.so." + major)) {
            LibraryFiles.load(new Place(folder + " for cuDNN, " + name, folder), List.of(name), attempts);
        }
    }

    private void requireFit(CudaLibrary library, CudaFlavour flavour, int version, Path file) {
        if (library == CudaLibrary.DRIVER && version < OLDEST_DRIVER) {
            throw new NativeLibraryException(
                    "CUDA driver: expected one for CUDA %s or newer, got %s (%s) — update the NVIDIA driver (525 or newer), or use --device cpu"
                            .formatted(library.text(OLDEST_DRIVER), library.text(version), file),
                    null);
        }
        if (library == CudaLibrary.CUDNN && flavour == CudaFlavour.REAL) {
            int built = Math.toIntExact(cudnn.cudnnGetCudartVersion()) / 1000;
            int driver = driverVersion().orElse(Integer.MAX_VALUE) / 1000;
            if (built > driver) {
                throw new NativeLibraryException(
                        "cuDNN: expected a build for CUDA %d, as the driver is, got one for CUDA %d (%s) — install nvidia-cudnn-cu%1$d, or update the NVIDIA driver"
                                .formatted(driver, built, file),
                        null);
            }
        }
    }

    private static NativeLibraryException failure(
            CudaLibrary library, CudaFlavour flavour, List<Attempt> attempts, Throwable cause) {
        String files = String.join(" or ", library.files());
        return switch (flavour) {
            case REAL ->
                new NativeLibraryException(
                        "%s (%s) cannot be loaded".formatted(library.title(), files),
                        attempts,
                        library.advice(),
                        cause);
            case SIMULATED ->
                new NativeLibraryException(
                        "simulated %s (%s) cannot be loaded"
                                .formatted(library.title(), library.files().getFirst()),
                        attempts,
                        "build the simulated device (see native/README.md) and set " + CudaSearch.SIMULATED_SETTING
                                + " to its folder",
                        cause);
        };
    }
}
