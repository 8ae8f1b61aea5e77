package dev.earshot.cuda.device;

import dev.earshot.bindings.cuda.cuda;
import dev.earshot.cuda.CudaException;
import java.lang.foreign.Arena;
import java.util.List;
import java.util.stream.IntStream;
import jcuda.driver.JCudaDriver;

/** The cards of this machine; the driver's library is loaded. */
public final class CudaSystem {
    private CudaSystem() {}

    /** Makes JCuda load its native part and turn statuses into exceptions, which it does not by default. */
    public static void initialise() {
        JCudaDriver.setExceptionsEnabled(true);
    }

    /**
     * All cards in the driver's order; none is an empty list.
     *
     * @throws CudaException if the driver cannot be initialised
     */
    public static List<CudaDevice> devices() {
        try (Arena arena = Arena.ofConfined()) {
            Driver driver = new Driver(arena);
            try {
                driver.init();
            } catch (CudaException e) {
                if (e.status() == cuda.CUDA_ERROR_NO_DEVICE()) {
                    return List.of();
                }
                throw new CudaException(
                        e.getMessage()
                                + " — check that nvidia-smi works; after an update of the driver the machine wants a restart",
                        e.status());
            }
            return IntStream.range(0, driver.deviceCount())
                    .mapToObj(ordinal -> CudaContext.describe(driver, ordinal, driver.device(ordinal)))
                    .toList();
        }
    }
}
