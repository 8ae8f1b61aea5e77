package dev.earshot.cuda.device;

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

    /** All cards in the driver's order. */
    public static List<CudaDevice> devices() {
        try (Arena arena = Arena.ofConfined()) {
            Driver driver = new Driver(arena);
            driver.init();
            return IntStream.range(0, driver.deviceCount())
                    .mapToObj(ordinal -> CudaContext.describe(driver, ordinal, driver.device(ordinal)))
                    .toList();
        }
    }
}
