package dev.earshot.cuda.device;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** Tests of the simulated device itself: each has it for itself, or is skipped where it could not be built. */
abstract class OnSimulation {
    Simulation device;

    @BeforeEach
    void open() {
        device = Simulation.open();
    }

    @AfterEach
    void close() {
        if (device != null) {
            device.close();
        }
    }
}
