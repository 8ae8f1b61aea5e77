package dev.earshot.kernels;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** The compiled kernels: one PTX text per {@code .cu} file and target. */
public final class KernelImages {
    /** Target of the PTX that every supported card runs. */
    public static final String PORTABLE = "compute_80";

    /** Target of the PTX for Hopper alone, which only some kernels have. */
    public static final String HOPPER = "compute_90a";

    private KernelImages() {}

    /**
     * The PTX of a module.
     *
     * @param module stem of its {@code .cu} file
     * @param target {@link #PORTABLE} or {@link #HOPPER}
     * @return nothing if there is no such file for the target
     */
    public static Optional<String> ptx(String module, String target) {
        String path = "/dev/earshot/kernels/" + target + "/" + module + ".ptx";
        try (InputStream in = KernelImages.class.getResourceAsStream(path)) {
            return in == null
                    ? Optional.empty()
                    : Optional.of(new String(in.readAllBytes(), StandardCharsets.US_ASCII));
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read the resource " + path, e);
        }
    }
}
