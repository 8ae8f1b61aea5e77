package dev.earshot.cuda;

import dev.earshot.bindings.CudaFlavour;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.BackendProvider;
import java.util.Optional;

/**
 * Offers {@code simcuda}: the CUDA backend on a simulated card, whose driver and libraries run the kernels on the host. It
 * is for tests, thousands of times slower than a card, and never chosen by {@code auto}. A process that has used it cannot
 * use a real card any more.
 */
public final class SimulatedCudaProvider implements BackendProvider {
    private final CudaStart start = new CudaStart(CudaFlavour.SIMULATED, "simcuda");

    /** Loads nothing yet. */
    public SimulatedCudaProvider() {}

    @Override
    public String kind() {
        return "simcuda";
    }

    /** Behind the scalar reference, which can always run. */
    @Override
    public int priority() {
        return 50;
    }

    @Override
    public Optional<String> unavailable() {
        return start.unavailable();
    }

    @Override
    public Backend open(String device) {
        return start.open(device);
    }
}
