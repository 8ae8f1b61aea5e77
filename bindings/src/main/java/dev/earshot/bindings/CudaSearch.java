package dev.earshot.bindings;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;

/**
 * The places where libraries of CUDA are looked for, in order: an explicit setting, the dynamic linker, the toolkit,
 * Python wheels, the distribution's folder.
 *
 * @param properties system properties by name, {@code null} for those not set
 * @param environment environment variables by name, {@code null} for those not set
 * @param linker whether the dynamic linker is asked
 * @param toolkit folder of the toolkit that needs no variable, {@code /usr/local/cuda}
 * @param system folders of the distribution's packages
 */
record CudaSearch(
        UnaryOperator<String> properties,
        UnaryOperator<String> environment,
        boolean linker,
        Path toolkit,
        List<Path> system) {

    /** Where a wheel of CUDA 13, then of CUDA 12, puts each library, below {@code site-packages/nvidia}. */
    private static final List<String> CUBLASLT_WHEELS = List.of("cu13/lib", "cublas/lib");

    private static final List<String> CUDNN_WHEELS = List.of("cudnn/lib");

    /** What names the folder of the simulated device, for messages. */
    static final String SIMULATED_SETTING = "earshot.simcuda.dir or EARSHOT_SIMCUDA_DIR";

    /** The search of the running process. */
    static CudaSearch ofProcess() {
        return new CudaSearch(
                System::getProperty,
                System::getenv,
                true,
                Path.of("/usr/local/cuda"),
                List.of(Path.of("/usr/lib/x86_64-linux-gnu"), Path.of("/usr/lib64")));
    }

    /**
     * One place.
     *
     * @param name the setting it comes from, or the path itself
     * @param folder {@code null} if the setting is not set or the pattern matches nothing
     */
    record Place(String name, Path folder) {}

    /** Value of a system property, else of an environment variable; empty if neither is set. */
    Optional<String> setting(String property, String variable) {
        return Optional.ofNullable(UnpackCache.firstSet(properties.apply(property), environment.apply(variable)));
    }

    /** The explicit folder of a library, if its user has set one. */
    Optional<Path> explicit(CudaLibrary library) {
        return setting(library.property(), library.variable())
                .map(text -> Path.of(text).toAbsolutePath());
    }

    /** The folder of the simulated device, if it is set. */
    Optional<Path> simulated() {
        return setting("earshot.simcuda.dir", "EARSHOT_SIMCUDA_DIR")
                .map(text -> Path.of(text).toAbsolutePath());
    }

    /** The folders that are tried after the dynamic linker. */
    List<Place> folders(CudaLibrary library) {
        List<Place> places = new ArrayList<>();
        for (String variable : List.of("CUDA_HOME", "CUDA_PATH")) {
            String home = environment.apply(variable);
            places.add(
                    home == null || home.isBlank()
                            ? new Place(variable, null)
                            : place(Path.of(home).resolve("lib64")));
        }
        places.add(place(toolkit.resolve("lib64")));
        List<String> wheels = library == CudaLibrary.CUDNN ? CUDNN_WHEELS : CUBLASLT_WHEELS;
        Set<Path> packages = sitePackages();
        if (packages.isEmpty()) {
            places.add(new Place("site-packages of python3 and VIRTUAL_ENV", null));
        }
        for (Path folder : packages) {
            for (String wheel : wheels) {
                places.add(place(folder.resolve("nvidia").resolve(wheel)));
            }
        }
        for (Path folder : system) {
            places.add(place(folder));
        }
        return places;
    }

    private static Place place(Path folder) {
        Path absolute = folder.toAbsolutePath();
        return new Place(absolute.toString(), absolute);
    }

    /** Package folders of {@code earshot.cuda.wheels}, of the virtual environment and of the first python3 on PATH. */
    private Set<Path> sitePackages() {
        Set<Path> found = new LinkedHashSet<>();
        setting("earshot.cuda.wheels", "EARSHOT_CUDA_WHEELS")
                .ifPresent(text -> found.add(Path.of(text).toAbsolutePath()));
        String virtual = environment.apply("VIRTUAL_ENV");
        if (virtual != null && !virtual.isBlank()) {
            addPackages(Path.of(virtual).toAbsolutePath(), found);
        }
        String home = environment.apply("HOME");
        python().ifPresent(bin -> {
            if (home != null && !home.isBlank()) {
                addPackages(Path.of(home, ".local").toAbsolutePath(), found);
            }
            Path prefix = bin.getParent();
            if (prefix != null) {
                addPackages(prefix, found);
                addPackages(prefix.resolve("local"), found); // where Debian's pip installs
            }
        });
        return found;
    }

    /** Folder of the first python3 on PATH; a virtual environment's is a link that is not followed. */
    private Optional<Path> python() {
        String path = environment.apply("PATH");
        if (path == null) {
            return Optional.empty();
        }
        for (String entry : path.split(":")) {
            if (entry.startsWith("/") && Files.isExecutable(Path.of(entry, "python3"))) {
                return Optional.of(Path.of(entry));
            }
        }
        return Optional.empty();
    }

    private static void addPackages(Path prefix, Set<Path> found) {
        Path lib = prefix.resolve("lib");
        if (!Files.isDirectory(lib)) {
            return;
        }
        try (DirectoryStream<Path> versions = Files.newDirectoryStream(lib, "python3*")) {
            List<Path> sorted = new ArrayList<>();
            versions.forEach(sorted::add);
            sorted.sort(null);
            for (Path version : sorted) {
                for (String name : List.of("site-packages", "dist-packages")) {
                    if (Files.isDirectory(version.resolve(name))) {
                        found.add(version.resolve(name));
                    }
                }
            }
        } catch (IOException e) {
            System.getLogger("dev.earshot.bindings").log(System.Logger.Level.DEBUG, "cannot list {0}: {1}", lib, e);
        }
    }
}
