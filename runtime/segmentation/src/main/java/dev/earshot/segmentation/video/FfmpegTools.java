package dev.earshot.segmentation.video;

import dev.earshot.bindings.NativeLibraries;
import dev.earshot.bindings.NativeLibraryException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;

/**
 * Where {@code ffmpeg} and {@code ffprobe} are and what environment they need.
 *
 * <p>System property {@code earshot.ffmpeg} or environment variable {@code EARSHOT_FFMPEG}, if set, names the
 * {@code ffmpeg} program to use ({@code ffprobe} is expected beside it), version 5.1 or newer; nothing else is tried
 * then. Otherwise both are unpacked once per machine from the artifact {@code org.bytedeco:ffmpeg} on the class path.
 */
public final class FfmpegTools {
    private static final List<String> LIBRARIES = List.of(
            "libavcodec.so.62",
            "libavdevice.so.62",
            "libavfilter.so.11",
            "libavformat.so.62",
            "libavutil.so.60",
            "libswresample.so.6",
            "libswscale.so.9",
            "libdrm.so.2",
            "libva.so.2",
            "libva-drm.so.2");

    /**
     * What libavdevice is linked with and servers lack: sound servers and screens, to capture from. Nothing here
     * captures, and its functions are bound lazily, so any library of that name satisfies the loader.
     */
    private static final List<String> CAPTURE_LIBRARIES =
            List.of("libpulse.so.0", "libasound.so.2", "libxcb.so.1", "libxcb-shm.so.0");

    /** Encoder options, best first; the artifact's build has the second. */
    private static final List<List<String>> ENCODERS = List.of(
            List.of("-c:v", "libx264", "-preset", "veryfast", "-crf", "18"),
            List.of("-c:v", "libopenh264", "-rc_mode", "off", "-profile:v", "high"),
            List.of("-c:v", "mpeg4", "-q:v", "3"));

    private final Path ffmpeg;
    private final Path ffprobe;
    private final boolean builtIn;
    private final Map<String, String> environment;

    private FfmpegTools(Path ffmpeg, Path ffprobe, boolean builtIn, Map<String, String> environment) {
        this.ffmpeg = ffmpeg;
        this.ffprobe = ffprobe;
        this.builtIn = builtIn;
        this.environment = Map.copyOf(environment);
    }

    /** The first look-up's answer; a failure is kept, so that every caller sees it as what it was. */
    private static final class Holder {
        static final Supplier<FfmpegTools> TOOLS = attempt();

        private static Supplier<FfmpegTools> attempt() {
            try {
                FfmpegTools tools = unpacked();
                return () -> tools;
            } catch (NativeLibraryException e) {
                return () -> {
                    throw e;
                };
            }
        }
    }

    /**
     * The programs of this process; looked up on the first call.
     *
     * @throws NativeLibraryException if the artifact is not on the class path or cannot be unpacked
     * @throws IllegalArgumentException if the explicit setting names no program
     */
    public static FfmpegTools get() {
        String explicit = explicit();
        return explicit.isEmpty() ? Holder.TOOLS.get() : locate(explicit);
    }

    private static String explicit() {
        String property = System.getProperty("earshot.ffmpeg", "");
        String variable = System.getenv().getOrDefault("EARSHOT_FFMPEG", "");
        return property.isBlank() ? variable.strip() : property.strip();
    }

    private static FfmpegTools locate(String explicit) {
        Path ffmpeg = Path.of(explicit).toAbsolutePath();
        Path ffprobe = ffmpeg.resolveSibling("ffprobe");
        for (Path program : List.of(ffmpeg, ffprobe)) {
            if (!Files.isRegularFile(program) || !Files.isExecutable(program)) {
                throw new IllegalArgumentException(
                        "EARSHOT_FFMPEG: expected the path of ffmpeg with ffprobe beside it, " + "got " + program
                                + " which is no program — correct it, or unset it to use the built-in one");
            }
        }
        Map<String, String> environment = new TreeMap<>();
        for (String name : List.of("PATH", "LD_LIBRARY_PATH")) {
            String value = System.getenv(name);
            if (value != null) {
                environment.put(name, value);
            }
        }
        return new FfmpegTools(ffmpeg, ffprobe, false, environment);
    }

    private static FfmpegTools unpacked() {
        String platform = NativeLibraries.platform();
        List<String> files = new java.util.ArrayList<>(LIBRARIES);
        files.add("ffmpeg");
        files.add("ffprobe");
        Path folder = NativeLibraries.unpack("org/bytedeco/ffmpeg/" + platform, files, "ffmpeg-8.0.1");
        Path standIns = standIns(folder);
        return new FfmpegTools(
                folder.resolve("ffmpeg"),
                folder.resolve("ffprobe"),
                true,
                Map.of("LD_LIBRARY_PATH", folder + java.io.File.pathSeparator + standIns));
    }

    /** A folder with links of the capture libraries' names to a small library that has no dependencies of its own. */
    private static Path standIns(Path folder) {
        Path target = folder.resolve("libva-drm.so.2");
        try {
            return link(Files.createDirectories(folder.resolve("stand-ins")), target);
        } catch (IOException e) {
            // The cache belongs to another user; a private folder does as well.
            try {
                Path own = Files.createTempDirectory("earshot-ffmpeg-");
                own.toFile().deleteOnExit();
                return link(own, target);
            } catch (IOException second) {
                second.addSuppressed(e);
                throw new UncheckedIOException(
                        "ffmpeg: expected " + folder + " or the temporary folder to be writable — set EARSHOT_CACHE",
                        second);
            }
        }
    }

    private static Path link(Path folder, Path target) throws IOException {
        for (String name : CAPTURE_LIBRARIES) {
            Path link = folder.resolve(name);
            if (!Files.exists(link)) { // absent, or left behind when the cache was moved
                try {
                    Files.deleteIfExists(link);
                    Files.createSymbolicLink(link, target);
                } catch (FileAlreadyExistsException e) {
                    continue; // another process was faster
                }
            }
        }
        return folder;
    }

    /** The program {@code ffmpeg}. */
    public Path ffmpeg() {
        return ffmpeg;
    }

    /** The program {@code ffprobe}. */
    public Path ffprobe() {
        return ffprobe;
    }

    /** Options of the best H.264 encoder that this FFmpeg has, or of MPEG-4 where it has none. */
    List<String> videoEncoder() {
        if (builtIn) {
            return ENCODERS.get(1);
        }
        byte[] list = new byte[1 << 18];
        try (FfmpegProcess process = FfmpegProcess.start(
                this, ffmpeg, List.of("-hide_banner", "-encoders"), "ffmpeg", false, Duration.ofSeconds(20))) {
            String text = new String(list, 0, process.read(list), StandardCharsets.UTF_8);
            return ENCODERS.stream()
                    .filter(options -> text.contains(" " + options.get(1) + " "))
                    .findFirst()
                    .orElse(ENCODERS.getLast());
        }
    }

    /** The whole environment that the programs are started with. */
    public Map<String, String> environment() {
        return environment;
    }
}
