package dev.earshot.cuda.device;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.earshot.cuda.CudaDiagnostics;
import dev.earshot.tensor.Activation;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.Backends;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.HostTensor;
import dev.earshot.tensor.Linear;
import dev.earshot.tensor.ParameterScope;
import dev.earshot.tensor.Program;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.Workspace;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the backend counts of itself, against what the simulated device saw. */
class CudaDiagnosticsTest {
    private static final int WIDTH = 40;
    private static final List<String> OF_THE_DRIVER =
            List.of("launches", "copies", "fills", "allocations", "frees", "synchronizations", "graph-launches");

    private Simulation device;
    private Backend backend;
    private Workspace workspace;
    private CudaDiagnostics diagnostics;

    @BeforeEach
    void open() {
        device = Simulation.open();
        backend = Backends.open("simcuda");
        workspace = backend.workspace(1 << 16);
        diagnostics = CudaDiagnostics.open().getLast();
    }

    @AfterEach
    void close() {
        if (device == null) {
            return; // skipped: this comes all the same
        }
        workspace.close();
        backend.close();
        device.close();
    }

    private long seenByTheDriver() {
        return OF_THE_DRIVER.stream().mapToLong(device::count).sum();
    }

    private void pass(Backend b, Tensor x, Linear layer, Tensor y) {
        b.linear(x, layer, Activation.NONE, y);
        b.affine(y, 3, 1, y);
        b.copy(x, y);
        b.linear(x, layer, Activation.GELU, y);
    }

    @Test
    void callsOfAPassAreThoseThatTheDriverSaw() {
        try (ParameterScope scope = backend.parameters()) {
            Linear layer = scope.linear(HostTensor.of(new float[WIDTH * WIDTH], WIDTH, WIDTH), DType.F32);
            Tensor x = backend.upload(workspace, HostTensor.of(new float[WIDTH], 1, WIDTH), DType.F32);
            Tensor y = workspace.allocate(DType.F32, 1, WIDTH);
            pass(backend, x, layer, y); // loads kernels and makes plans
            backend.synchronize();
            long driver = seenByTheDriver();
            long libraries = device.count("library-calls");
            long calls = diagnostics.driverCalls();
            long ofLibraries = diagnostics.libraryCalls();
            pass(backend, x, layer, y);
            backend.synchronize();
            assertTrue(diagnostics.driverCalls() > calls + 1, "the pass launches something");
            assertEquals(seenByTheDriver() - driver, diagnostics.driverCalls() - calls);
            assertEquals(2, diagnostics.libraryCalls() - ofLibraries);
            assertEquals(device.count("library-calls") - libraries, diagnostics.libraryCalls() - ofLibraries);

            try (Program program = backend.capture(b -> pass(b, x, layer, y))) {
                long before = diagnostics.driverCalls();
                long librariesBefore = diagnostics.libraryCalls();
                program.run();
                assertEquals(1, diagnostics.driverCalls() - before, "a replay is one call");
                backend.synchronize();
                assertEquals(2, diagnostics.driverCalls() - before);
                assertEquals(librariesBefore, diagnostics.libraryCalls());
            }
        }
    }

    @Test
    void inputsGoUpWithoutAWaitAndMayBeChangedAtOnce() {
        float[] values = {1, 2, 3};
        Tensor x = backend.upload(workspace, HostTensor.of(values, 3), DType.F32);
        Tensor y = workspace.allocate(DType.F32, 3);
        try (Program program = backend.capture(b -> b.affine(x, 2, 1, y))) {
            backend.synchronize();
            long waits = device.count("synchronizations");
            long calls = diagnostics.driverCalls();
            values[1] = 5;
            backend.upload(HostTensor.of(values, 3), x);
            values[1] = -1;
            program.run();
            assertEquals(waits, device.count("synchronizations"));
            assertArrayEquals(new float[] {3, 11, 7}, backend.download(y));
            assertEquals(5, diagnostics.driverCalls() - calls, "a copy each way, an event and its wait, one replay");
        }
    }

    /** More than both page-locked buffers hold, so that the first of them is written again while copies are on their way. */
    @Test
    void manyUploadsOneAfterTheOtherArriveWhole() {
        int pieces = 9;
        int floats = 700_001;
        Tensor x = workspace.allocate(DType.F32, pieces, floats);
        float[] values = new float[floats];
        for (int piece = 0; piece < pieces; piece++) {
            for (int i = 0; i < floats; i++) {
                values[i] = piece * 1000 + i % 997;
            }
            backend.upload(HostTensor.of(values, 1, floats), x.slice(0, piece, piece + 1));
        }
        float[] all = backend.download(x);
        for (int i = 0; i < all.length; i++) {
            assertEquals(i / floats * 1000 + i % floats % 997, all[i]);
        }
    }

    @Test
    void memoryIsToldByPurposeWithItsPeak() {
        long before = diagnostics.peakBytes();
        long free = diagnostics.freeBytes();
        long megabyte = 1 << 20;
        try (Workspace large = backend.workspace(8 * megabyte);
                ParameterScope scope = backend.parameters()) {
            scope.tensor(HostTensor.of(new float[1 << 18], 1 << 18), DType.F32);
            assertEquals(
                    (1 << 16) + 8 * megabyte, diagnostics.usedBytesByPurpose().get("workspace"));
            assertEquals(megabyte, diagnostics.usedBytesByPurpose().get("parameter scope"));
            assertEquals(before + 9 * megabyte, diagnostics.peakBytes());
            assertEquals(free - 9 * megabyte, diagnostics.freeBytes());
            assertEquals(large.capacityBytes(), 8 * megabyte);
        }
        assertFalse(diagnostics.usedBytesByPurpose().containsKey("parameter scope"));
        assertEquals(before + 9 * megabyte, diagnostics.peakBytes(), "the peak stays");
        diagnostics.restartPeak();
        assertEquals(before, diagnostics.peakBytes());
    }

    @Test
    void onlyOpenBackendsAreListedAndTf32IsInTheName() {
        int open = CudaDiagnostics.open().size();
        try (Backend second = Backends.open("simcuda:tf32")) {
            assertEquals("simcuda:0:tf32", second.info().name());
            assertEquals("tf32", second.info().precision(DType.F32));
            assertEquals("bf16", second.info().precision(DType.BF16));
            assertEquals("fp32", backend.info().precision(DType.F32));
            assertEquals(open + 1, CudaDiagnostics.open().size());
        }
        assertEquals(open, CudaDiagnostics.open().size());
    }
}
