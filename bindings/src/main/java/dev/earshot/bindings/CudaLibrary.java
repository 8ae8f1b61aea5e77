package dev.earshot.bindings;

import dev.earshot.bindings.cublaslt.cublasLt;
import dev.earshot.bindings.cuda.cuda;
import dev.earshot.bindings.cudnn.cudnn;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Locale;

/** The libraries of CUDA that Earshot calls: their file names, newest first, and how to ask them for their version. */
enum CudaLibrary {
    DRIVER(
            "CUDA driver",
            "cuDriverGetVersion",
            null,
            List.of("libcuda.so.1"),
            "install an NVIDIA driver for CUDA 12.0 or newer (525 or newer; in a container, give it the GPU), or use --device cpu") {
        /** The newest CUDA that it supports, as 1000 * major + 10 * minor. */
        @Override
        int version() {
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment version = arena.allocate(ValueLayout.JAVA_INT);
                int status = cuda.cuDriverGetVersion(version);
                if (status != cuda.CUDA_SUCCESS()) {
                    throw new NativeLibraryException("cuDriverGetVersion: expected status 0, got " + status, null);
                }
                return version.get(ValueLayout.JAVA_INT, 0);
            }
        }

        @Override
        String text(int version) {
            return "%d.%d".formatted(version / 1000, version % 1000 / 10);
        }
    },

    CUBLASLT(
            "cuBLASLt",
            "cublasLtGetVersion",
            "cublaslt",
            List.of("libcublasLt.so.13", "libcublasLt.so.12"),
            "install a CUDA toolkit or the Python wheel nvidia-cublas (nvidia-cublas-cu12 for a driver of CUDA 12), or set EARSHOT_CUBLASLT_DIR to the folder that has it, or use --device cpu") {
        @Override
        int version() {
            return Math.toIntExact(cublasLt.cublasLtGetVersion());
        }

        @Override
        String text(int version) {
            return "%d.%d.%d".formatted(version / 10_000, version % 10_000 / 100, version % 100);
        }
    },

    CUDNN(
            "cuDNN",
            "cudnnGetVersion",
            "cudnn",
            List.of("libcudnn.so.9"),
            "install cuDNN 9 or the Python wheel nvidia-cudnn-cu13 (nvidia-cudnn-cu12 for a driver of CUDA 12), or set EARSHOT_CUDNN_DIR to the folder that has it, or use --device cpu") {
        @Override
        int version() {
            return Math.toIntExact(cudnn.cudnnGetVersion());
        }

        @Override
        String text(int version) {
            return "%d.%d.%d".formatted(version / 10_000, version % 10_000 / 100, version % 100);
        }
    };

    private final String title;
    private final String probe;
    private final String key;
    private final List<String> files;
    private final String advice;

    CudaLibrary(String title, String probe, String key, List<String> files, String advice) {
        this.title = title;
        this.probe = probe;
        this.key = key;
        this.files = files;
        this.advice = advice;
    }

    /** The version that the loaded library gives of itself, as it codes it. */
    abstract int version();

    /** That version as people write it. */
    abstract String text(int version);

    /** Its name in messages. */
    String title() {
        return title;
    }

    /** A function that every version exports. */
    String probe() {
        return probe;
    }

    /** File names that fit, newest first. */
    List<String> files() {
        return files;
    }

    /** What to do if it is missing. */
    String advice() {
        return advice;
    }

    /** Whether folders are searched; the driver comes with the kernel module and the dynamic linker knows it. */
    boolean liesInFolders() {
        return key != null;
    }

    /** System property that names its folder. */
    String property() {
        return "earshot." + key + ".dir";
    }

    /** Environment variable that names its folder. */
    String variable() {
        return "EARSHOT_" + key.toUpperCase(Locale.ROOT) + "_DIR";
    }

    /** Both names, for messages. */
    String setting() {
        return property() + " or " + variable();
    }
}
