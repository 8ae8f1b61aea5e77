package dev.earshot.bindings;

import dev.earshot.bindings.LibraryReport.Attempt;
import dev.earshot.bindings.onednn.dnnl;
import dev.earshot.bindings.onednn.dnnl_version_t;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Finds oneDNN and the OpenMP library it runs on, and loads both into this module's class loader. */
final class OneDnnLoader {
    private static final String ONEDNN = "libdnnl.so.3";
    private static final String OPENMP = "libgomp.so.1";

    /** Version of the Maven artifact, a name in the cache folder only: what is loaded is asked for its version. */
    private static final String CACHE_KEY = "onednn-3.11";

    private static final String ADVICE = " — add the artifact org.bytedeco:dnnl with classifier "
            + NativeLibraries.platform()
            + " to the class path, or set EARSHOT_ONEDNN_DIR (or -Dearshot.onednn.dir) to a folder with "
            + ONEDNN
            + ", or choose the reference backend";

    private OneDnnLoader() {}

    private sealed interface Result {
        record Loaded(LibraryReport report) implements Result {}

        record Failed(NativeLibraryException failure) implements Result {}
    }

    /** The process loads the library once; a failure is kept too, so that every caller sees the first one. */
    private static final class Process {
        static final Result RESULT = attempt();

        private static Result attempt() {
            String explicit =
                    UnpackCache.firstSet(System.getProperty("earshot.onednn.dir"), System.getenv("EARSHOT_ONEDNN_DIR"));
            try {
                return new Result.Loaded(load(explicit, new UnpackCache(UnpackCache.defaultRoots())));
            } catch (NativeLibraryException e) {
                return new Result.Failed(e);
            }
        }
    }

    /** See {@link NativeLibraries#loadOneDnn()}. */
    static LibraryReport loadOnce() {
        return switch (Process.RESULT) {
            case Result.Loaded loaded -> loaded.report();
            case Result.Failed failed -> throw failed.failure();
        };
    }

    /** Loads from the given folder if there is one, else from what the cache unpacks. */
    static LibraryReport load(String explicit, UnpackCache cache) {
        // An explicit folder that does not work is an error: falling back would hide the mistake.
        String place;
        Path folder;
        if (explicit != null) {
            place = "folder set by earshot.onednn.dir or EARSHOT_ONEDNN_DIR, " + explicit;
            folder = Path.of(explicit).toAbsolutePath();
            requireLibrary(place, folder);
        } else {
            place = "class path folder " + resourceFolder();
            folder = unpack(place, cache);
        }
        try {
            loadFrom(folder);
            String version = checkedVersion();
            Attempt loaded = new Attempt(place + " -> " + folder, "loaded");
            return new LibraryReport("oneDNN", version, folder, List.of(loaded));
        } catch (UnsatisfiedLinkError | NativeLibraryException | ExceptionInInitializerError e) {
            throw failure(place + " -> " + folder, String.valueOf(e.getMessage()), e);
        }
    }

    private static String resourceFolder() {
        return "org/bytedeco/dnnl/" + NativeLibraries.platform();
    }

    private static void requireLibrary(String place, Path folder) {
        if (!Files.isRegularFile(folder.resolve(ONEDNN))) {
            String found = Files.isDirectory(folder) ? "it has no " + ONEDNN : "no such folder";
            throw failure(place, found, null);
        }
    }

    private static Path unpack(String place, UnpackCache cache) {
        try {
            return cache.unpack(resourceFolder(), List.of(ONEDNN, OPENMP), CACHE_KEY);
        } catch (NativeLibraryException e) {
            throw failure(place, e.getMessage(), e);
        }
    }

    private static void loadFrom(Path folder) {
        // First the OpenMP library beside it: libdnnl then binds to this one, not to whichever the system has.
        Path openMp = folder.resolve(OPENMP);
        if (Files.isRegularFile(openMp)) {
            System.load(openMp.toString());
        }
        System.load(folder.resolve(ONEDNN).toString());
    }

    private static String checkedVersion() {
        MemorySegment version = dnnl.dnnl_version();
        int major = dnnl_version_t.major(version);
        int minor = dnnl_version_t.minor(version);
        if (major != dnnl.DNNL_VERSION_MAJOR() || minor < dnnl.DNNL_VERSION_MINOR()) {
            throw new NativeLibraryException(
                    "expected oneDNN %d.%d or a newer %1$d, got %d.%d"
                            .formatted(dnnl.DNNL_VERSION_MAJOR(), dnnl.DNNL_VERSION_MINOR(), major, minor),
                    null);
        }
        if (SymbolLookup.loaderLookup().find("omp_set_num_threads").isEmpty()) {
            throw new NativeLibraryException(
                    "expected a oneDNN built with the OpenMP runtime, got one without omp_set_num_threads", null);
        }
        return "%d.%d.%d".formatted(major, minor, dnnl_version_t.patch(version));
    }

    private static NativeLibraryException failure(String place, String reason, Throwable cause) {
        return new NativeLibraryException(
                "oneDNN (%s) cannot be loaded; tried %s%s".formatted(ONEDNN, new Attempt(place, reason), ADVICE),
                cause);
    }
}
