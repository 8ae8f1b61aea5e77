package dev.earshot.bindings;

import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/**
 * Finds and loads the native parts of Earshot.
 *
 * <p>Native files travel inside Maven artifacts on the class path. They are unpacked once per machine into a cache
 * folder and used from there; a second start only looks at file sizes, which costs milliseconds.
 *
 * <p>The cache folder is the first of: system property {@code earshot.cache}, environment variable
 * {@code EARSHOT_CACHE}, {@code $XDG_CACHE_HOME/earshot}, {@code ~/.cache/earshot}. Where neither of the two explicit
 * settings is given and the home folder cannot be written, a folder of this user below {@code java.io.tmpdir} is used.
 *
 * <p>All methods may be called from any thread and from several processes at once.
 */
public final class NativeLibraries {
    private NativeLibraries() {}

    /**
     * Unpacks files of one class path folder and returns the folder on disk that holds all of them.
     *
     * <p>The folder is published by one atomic rename after all files are complete, so it is never seen half filled,
     * and it is reused by later starts. Its name holds {@code cacheKey} and a fingerprint of the packed files, so
     * another version of the artifact gets another folder. All files are readable and executable for their owner.
     *
     * @param resourceFolder folder on the class path without leading or trailing slash, for example
     *     {@code org/bytedeco/ffmpeg/linux-x86_64}
     * @param files plain file names inside that folder, at least one
     * @param cacheKey name and version that a reader of the cache folder recognises, for example
     *     {@code ffmpeg-8.0.1-1.5.13}; letters, digits, dot, dash and underscore
     * @throws NativeLibraryException if a file is not on the class path or no cache folder can be written
     * @throws IllegalArgumentException if an argument is malformed
     */
    public static Path unpack(String resourceFolder, List<String> files, String cacheKey) {
        return new UnpackCache(UnpackCache.defaultRoots())
                .unpack(resourceFolder, files, cacheKey)
                .folder();
    }

    /**
     * Loads oneDNN and its OpenMP library, once per process; later calls return the same report.
     *
     * <p>A folder in system property {@code earshot.onednn.dir} or environment variable {@code EARSHOT_ONEDNN_DIR} is
     * taken if one is set, and nothing else is tried then; otherwise both files are unpacked from the artifact
     * {@code org.bytedeco:dnnl} on the class path. Afterwards the generated class
     * {@link dev.earshot.bindings.onednn.dnnl} and {@link OpenMp} can be used.
     *
     * @throws NativeLibraryException if it cannot be found or loaded, or is too old; every call throws the same one
     */
    public static LibraryReport loadOneDnn() {
        return OneDnnLoader.loadOnce();
    }

    /**
     * Operating system and processor as the artifacts of bytedeco spell them, for example {@code linux-x86_64}; it is
     * the last part of their resource folders.
     */
    public static String platform() {
        String os = System.getProperty("os.name").toLowerCase(Locale.ROOT);
        String arch = System.getProperty("os.arch");
        String family = os.startsWith("mac") ? "macosx" : os.startsWith("windows") ? "windows" : "linux";
        String cpu = switch (arch) {
            case "amd64", "x86_64" -> "x86_64";
            case "aarch64", "arm64" -> "arm64";
            default -> arch;
        };
        return family + "-" + cpu;
    }
}
