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

    /** The cache folder of the running process; it may not exist yet. */
    public static Path cacheFolder() {
        return UnpackCache.defaultRoots().getFirst().folder();
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
     * Loads the CUDA driver {@code libcuda.so.1}, once per process; later calls return the same report, whose version
     * is the newest CUDA that the driver supports. Nothing is initialised yet ({@code cuInit} is for the caller).
     *
     * <p>The real driver is found by the dynamic linker. The simulated device is taken from the folder in system
     * property {@code earshot.simcuda.dir} or environment variable {@code EARSHOT_SIMCUDA_DIR}. Afterwards the
     * generated class {@link dev.earshot.bindings.cuda.cuda} can be used, and whoever else in this process asks for
     * {@code libcuda.so.1} gets the same library.
     *
     * @throws NativeLibraryException if it cannot be found or loaded, or is for CUDA 11 or older; every call throws the
     *     same one
     * @throws IllegalStateException if this process already uses the other flavour
     */
    public static LibraryReport loadCudaDriver(CudaFlavour flavour) {
        return CudaLoader.ofProcess().load(CudaLibrary.DRIVER, flavour);
    }

    /**
     * Loads cuBLASLt, once per process; later calls return the same report. Afterwards the generated class
     * {@link dev.earshot.bindings.cublaslt.cublasLt} can be used.
     *
     * <p>For {@link CudaFlavour#REAL} a folder in system property {@code earshot.cublaslt.dir} or environment variable
     * {@code EARSHOT_CUBLASLT_DIR} is taken if one is set, and nothing else is tried then. Otherwise these are tried in
     * order: the dynamic linker; {@code lib64} of {@code CUDA_HOME}, {@code CUDA_PATH} and {@code /usr/local/cuda};
     * Python wheels in {@code earshot.cuda.wheels} or {@code EARSHOT_CUDA_WHEELS} (a {@code site-packages} folder), in
     * {@code VIRTUAL_ENV} and of the first {@code python3} on {@code PATH}; the folders of the distribution. Version 13
     * is preferred to 12, and left out if the driver was loaded before and is for CUDA 12.
     *
     * @throws NativeLibraryException if it cannot be found or loaded; every call throws the same one
     * @throws IllegalStateException if this process already uses the other flavour
     */
    public static LibraryReport loadCublasLt(CudaFlavour flavour) {
        return CudaLoader.ofProcess().load(CudaLibrary.CUBLASLT, flavour);
    }

    /**
     * Loads cuDNN 9, once per process; later calls return the same report. Afterwards the generated class
     * {@link dev.earshot.bindings.cudnn.cudnn} can be used.
     *
     * <p>It is looked for like cuBLASLt, with {@code earshot.cudnn.dir} and {@code EARSHOT_CUDNN_DIR}. cuBLASLt is
     * loaded too, if it can be, and where it does not lie beside cuDNN so are the other libraries that cuDNN opens.
     *
     * @throws NativeLibraryException if it cannot be found or loaded, or was built for a newer CUDA than the driver
     *     that was loaded before; every call throws the same one
     * @throws IllegalStateException if this process already uses the other flavour
     */
    public static LibraryReport loadCudnn(CudaFlavour flavour) {
        return CudaLoader.ofProcess().load(CudaLibrary.CUDNN, flavour);
    }

    /**
     * Unpacks JCuda's native file and runs the first use of JCuda, which then loads that file. Call
     * {@link #loadCudaDriver} first: the file is linked with {@code libcuda.so.1} and binds to the one already loaded.
     *
     * @param initialise touches {@code jcuda.driver.JCudaDriver}; it should make no temporary files, for
     *     {@code java.io.tmpdir} has another value while it runs
     * @throws NativeLibraryException if the artifact {@code org.jcuda:jcuda-natives} is not on the class path or no
     *     cache folder can be written
     * @throws UnsatisfiedLinkError if JCuda cannot load the file
     */
    public static void loadJCuda(Runnable initialise) {
        JCudaFiles.load(new UnpackCache(UnpackCache.defaultRoots()), initialise);
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
