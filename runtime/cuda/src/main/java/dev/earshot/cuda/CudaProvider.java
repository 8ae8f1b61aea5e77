package dev.earshot.cuda;

import dev.earshot.bindings.CudaFlavour;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.BackendProvider;
import java.util.Optional;

/**
 * Offers {@code cuda}: an NVIDIA card. Devices are {@code cuda}, {@code cuda:1}, {@code cuda:tf32}, {@code cuda:1:tf32};
 * with tf32, F32 products may run on the matrix units with operands rounded to 11 significant bits. System property
 * {@code earshot.cuda.memory} bounds the device memory taken, in bytes.
 */
public final class CudaProvider implements BackendProvider {
    private final CudaStart start = new CudaStart(CudaFlavour.REAL, "cuda");

    /** Loads nothing yet. */
    public CudaProvider() {}

    @Override
    public String kind() {
        return "cuda";
    }

    @Override
    public int priority() {
        return 300;
    }

    @Override
    public Optional<String> unavailable() {
        return start.unavailable();
    }

    @Override
    public boolean isExpected() {
        return start.hasDriver();
    }

    @Override
    public Backend open(String device) {
        return start.open(device);
    }
}
