package dev.earshot.tools.parity;

import dev.earshot.tensor.BackendProvider;
import dev.earshot.tensor.Backends;
import java.util.Optional;
import org.opentest4j.TestAbortedException;

/** The simulated CUDA device, for tests that need it. */
public final class SimulatedCard {
    /** Name of its backend. */
    public static final String NAME = "simcuda";

    private SimulatedCard() {}

    /** Skips the test, with the reason, where the simulated device was not built. */
    public static void require() {
        Optional<String> reason = Backends.providers().stream()
                .filter(provider -> provider.kind().equals(NAME))
                .findFirst()
                .flatMap(BackendProvider::unavailable);
        if (reason.isPresent()) {
            throw new TestAbortedException(reason.get());
        }
    }
}
