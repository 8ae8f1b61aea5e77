package dev.earshot.tools;

import com.sun.management.OperatingSystemMXBean;
import dev.earshot.bindings.CudaFlavour;
import dev.earshot.bindings.LibraryReport;
import dev.earshot.bindings.NativeLibraries;
import dev.earshot.bindings.NativeLibraryException;
import dev.earshot.segmentation.video.FfmpegTools;
import dev.earshot.tensor.Activation;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.BackendInfo;
import dev.earshot.tensor.BackendProvider;
import dev.earshot.tensor.Backends;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.HostTensor;
import dev.earshot.tensor.Linear;
import dev.earshot.tensor.ParameterScope;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.Workspace;
import java.io.PrintWriter;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code earshot doctor}: what this machine offers, what was found, what was tried and why it was not taken. */
@Command(
        name = "doctor",
        description = "Shows devices, libraries, memory and folders, and computes something small on each backend.",
        footer = {"", "Exit status: 0 at least one backend works, 3 none does."},
        mixinStandardHelpOptions = true)
final class DoctorCommand implements Callable<Integer> {
    private static final double TOLERANCE = 1e-4;

    @Spec
    private CommandSpec spec;

    @Option(
            names = "--simulated",
            description =
                    "Look at the simulated CUDA device of the tests instead of a card; a process uses one of them.")
    private boolean simulated;

    private PrintWriter out;

    @Override
    public Integer call() {
        out = spec.commandLine().getOut();
        machine();
        oneDnn();
        cuda();
        ffmpeg();
        boolean usable = false;
        section("Backends, best first");
        for (BackendProvider provider : Backends.providers()) {
            if (!provider.kind().equals(simulated ? "cuda" : "simcuda")) {
                usable |= backend(provider);
            }
        }
        out.println();
        out.println(usable ? "Ready: at least one backend works." : "No backend works here; see the reasons above.");
        return usable ? ExitCodes.OK : ExitCodes.ENVIRONMENT;
    }

    private void section(String title) {
        out.println();
        out.println(title);
    }

    private void line(String name, Object value) {
        out.println(String.format(Locale.ROOT, "  %-18s %s", name, value));
    }

    private void machine() {
        OperatingSystemMXBean system = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        Runtime runtime = Runtime.getRuntime();
        out.println("Earshot " + Versions.all().get("earshot"));
        section("Machine");
        line(
                "system",
                System.getProperty("os.name") + " " + System.getProperty("os.version") + ", "
                        + System.getProperty("os.arch"));
        line("processors", runtime.availableProcessors());
        line(
                "memory",
                "%s, %s free".formatted(gigabytes(system.getTotalMemorySize()), gigabytes(system.getFreeMemorySize())));
        line(
                "JDK",
                Runtime.version() + " (" + System.getProperty("java.vendor") + ") at "
                        + System.getProperty("java.home"));
        line("Java heap", "at most " + gigabytes(runtime.maxMemory()) + "; weights and tensors lie outside of it");
    }

    private static String gigabytes(long bytes) {
        return String.format(Locale.ROOT, "%.1f GB", bytes / 1e9);
    }

    private void oneDnn() {
        section("oneDNN");
        try {
            LibraryReport report = NativeLibraries.loadOneDnn();
            line("library", report.library() + " " + report.version());
            report.attempts().forEach(attempt -> line("tried", attempt));
            line("cache folder", report.folder().getParent() + ", " + free(report.folder()));
        } catch (NativeLibraryException e) {
            line("not usable", e.getMessage());
        }
    }

    private static String free(Path folder) {
        return gigabytes(folder.toFile().getUsableSpace()) + " free on its disk";
    }

    private void cuda() {
        section(simulated ? "CUDA, simulated" : "CUDA");
        new CudaFacts(simulated ? CudaFlavour.SIMULATED : CudaFlavour.REAL, this::line).print();
        if (!simulated) {
            String folder = simulatedFolder();
            line(
                    "simulated device",
                    folder == null ? "not here" : "in " + folder + "; earshot doctor --simulated looks at it");
        }
    }

    /** Folder of the simulated device, {@code null} if nobody names one; the launcher does where it was built. */
    private static String simulatedFolder() {
        String property = System.getProperty("earshot.simcuda.dir");
        return property != null ? property : System.getenv("EARSHOT_SIMCUDA_DIR");
    }

    private void ffmpeg() {
        section("FFmpeg");
        try {
            FfmpegTools tools = FfmpegTools.get();
            line("program", tools.ffmpeg());
        } catch (RuntimeException e) {
            line("not usable", e.getMessage());
        }
    }

    /** Prints one backend and returns whether it computes correctly. */
    private boolean backend(BackendProvider provider) {
        Optional<String> reason = provider.unavailable();
        if (reason.isPresent()) {
            line(provider.kind(), "not usable: " + reason.get());
            return false;
        }
        try (Backend backend = provider.open("")) {
            BackendInfo info = backend.info();
            line(provider.kind(), info.device());
            info.libraries().forEach(library -> line("", library));
            info.details().forEach(detail -> line("", detail));
            double error = selfCheck(backend);
            boolean right = error <= TOLERANCE;
            line(
                    "",
                    "self-check: " + (right ? "passed" : "FAILED")
                            + String.format(Locale.ROOT, ", largest error %.1g of a small linear layer", error));
            return right;
        } catch (RuntimeException e) {
            line(provider.kind(), "not usable: " + e.getMessage());
            return false;
        }
    }

    /** The largest error of one small linear layer against plain loops. */
    private static double selfCheck(Backend backend) {
        int rows = 5;
        int in = 33;
        int width = 17;
        float[] x = wave(rows * in, 0.7);
        float[] w = wave(width * in, 1.3);
        float[] b = wave(width, 2.1);
        try (Workspace ws = backend.workspace(1 << 16);
                ParameterScope scope = backend.parameters()) {
            Linear layer = scope.linear(HostTensor.of(w, width, in), HostTensor.of(b, width), DType.F32);
            Tensor input = backend.upload(ws, HostTensor.of(x, rows, in), DType.F32);
            float[] got = backend.download(backend.linear(ws, input, layer, Activation.NONE));
            double error = 0;
            for (int r = 0; r < rows; r++) {
                for (int o = 0; o < width; o++) {
                    double sum = b[o];
                    for (int i = 0; i < in; i++) {
                        sum += (double) x[r * in + i] * w[o * in + i];
                    }
                    error = Math.max(error, Math.abs(sum - got[r * width + o]));
                }
            }
            return error;
        }
    }

    private static float[] wave(int count, double step) {
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) Math.sin(step * (i + 1));
        }
        return values;
    }
}
