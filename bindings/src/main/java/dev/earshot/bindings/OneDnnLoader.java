package dev.earshot.bindings;

import dev.earshot.bindings.LibraryReport.Attempt;
import dev.earshot.bindings.onednn.dnnl;
import dev.earshot.bindings.onednn.dnnl_version_t;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** Finds oneDNN and the OpenMP library it runs on, and loads both into this module's class loader. */
final class OneDnnLoader {
    private static final String ONEDNN = "libdnnl.so.3";
    private static final String SETTING = "earshot.onednn.dir or EARSHOT_ONEDNN_DIR";
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
        List<Attempt> attempts = new ArrayList<>();
        Path folder;
        if (explicit != null) {
            // An explicit folder that does not work is an error: falling back would hide the mistake.
            folder = Path.of(explicit).toAbsolutePath();
            requireLibrary(folder);
        } else {
            attempts.add(new Attempt(SETTING, "not set"));
            folder = unpack(cache, attempts);
        }
        String place = (explicit != null ? SETTING : resourceFolder() + " on the class path") + ", " + folder;
        try {
            loadFrom(folder);
            String version = checkedVersion();
            attempts.add(new Attempt(place, "loaded"));
            return new LibraryReport("oneDNN", version, folder, attempts);
        } catch (UnsatisfiedLinkError | NativeLibraryException | ExceptionInInitializerError e) {
            attempts.add(new Attempt(place, String.valueOf(e.getMessage())));
            throw failure(attempts, e);
        }
    }

    private static String resourceFolder() {
        return "org/bytedeco/dnnl/" + NativeLibraries.platform();
    }

    private static void requireLibrary(Path folder) {
        if (!Files.isRegularFile(folder.resolve(ONEDNN))) {
            String found = Files.isDirectory(folder) ? "it has no " + ONEDNN : "no such folder";
            throw failure(List.of(new Attempt(SETTING + ", " + folder, found)), null);
        }
    }

    private static Path unpack(UnpackCache cache, List<Attempt> attempts) {
        try {
            UnpackCache.Unpacked unpacked = cache.unpack(resourceFolder(), List.of(ONEDNN, OPENMP), CACHE_KEY);
            attempts.addAll(unpacked.failures());
            return unpacked.folder();
        } catch (NativeLibraryException e) {
            attempts.add(new Attempt("class path", e.getMessage()));
            throw failure(attempts, e);
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

    private static NativeLibraryException failure(List<Attempt> attempts, Throwable cause) {
        String tried = attempts.stream().map(Attempt::toString).collect(Collectors.joining("; "));
        return new NativeLibraryException(
                "oneDNN (%s) cannot be loaded; tried %s%s".formatted(ONEDNN, tried, ADVICE), cause);
    }
}
