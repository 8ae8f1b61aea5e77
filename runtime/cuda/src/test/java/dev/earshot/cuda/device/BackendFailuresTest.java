package dev.earshot.cuda.device;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.earshot.cuda.CudaException;
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
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the backend asks of the driver, and what it says when the driver refuses. */
class BackendFailuresTest {
    private static final int WIDTH = 40;

    private Simulation device;
    private Backend backend;
    private Workspace workspace;

    @BeforeEach
    void open() {
        device = Simulation.open();
        backend = Backends.open("simcuda");
        workspace = backend.workspace(1 << 16);
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

    private Tensor row(float value) {
        float[] values = new float[WIDTH];
        java.util.Arrays.fill(values, value);
        return backend.upload(workspace, HostTensor.of(values, WIDTH), DType.F32);
    }

    private CudaException refused(Runnable call) {
        return assertThrows(CudaException.class, call::run);
    }

    private static void contains(String message, String... parts) {
        for (String part : parts) {
            assertTrue(message.contains(part), "expected '%s' in: %s".formatted(part, message));
        }
    }

    @Test
    void aReplayIsOneGraphLaunchAndNothingElse() {
        float[] identity = new float[WIDTH * WIDTH];
        for (int i = 0; i < WIDTH; i++) {
            identity[i * WIDTH + i] = 2;
        }
        try (ParameterScope scope = backend.parameters()) {
            Linear layer = scope.linear(HostTensor.of(identity, WIDTH, WIDTH), DType.F32);
            Tensor x = row(1).reshape(1, WIDTH);
            Tensor y = workspace.allocate(DType.F32, 1, WIDTH);
            Tensor z = workspace.allocate(DType.F32, 1, WIDTH);
            try (Program program = backend.capture(b -> {
                b.linear(x, layer, Activation.GELU, y);
                b.layerNorm(y, 1e-6f, z);
                b.affine(y, 3, 1, z);
            })) {
                program.run();
                backend.synchronize();
                List<String> counted = List.of(
                        "launches", "library-calls", "allocations", "frees", "copies", "fills", "synchronizations");
                List<Long> before = counted.stream().map(device::count).toList();
                long graphs = device.count("graph-launches");
                for (int i = 0; i < 5; i++) {
                    program.run();
                }
                assertEquals(before, counted.stream().map(device::count).toList(), counted.toString());
                assertEquals(graphs + 5, device.count("graph-launches"));
                backend.synchronize();
            }
        }
    }

    @Test
    void exhaustedMemoryListsTheLargestBuffersAndLosesNothing() {
        Tensor kept = row(7);
        device.set("fail-allocation", 1);
        List<Tensor> more = new ArrayList<>();
        CudaException error = refused(() -> more.add(workspace.allocate(DType.F32, 1 << 20)));
        contains(
                error.getMessage(), "out of device memory", "4.2 MB more (workspace)", "largest buffers:", "workspace");
        device.set("fail-allocation", 0);
        assertEquals(7, backend.download(kept)[0]);
        assertEquals(1 << 20, workspace.allocate(DType.F32, 1 << 20).shape().elements());
    }

    @Test
    void aFailedKernelIsTheCauseOfEverythingAfterIt() {
        Tensor x = row(1);
        device.set("fail-launch", 1);
        backend.affine(x, 2, 0, x);
        CudaException first = refused(backend::synchronize);
        contains(first.getMessage(), "CUDA_ERROR_LAUNCH_FAILED (719)");
        CudaException later = refused(() -> backend.affine(x, 2, 0, x));
        contains(later.getMessage(), "affine: the device is unusable since an earlier error", "719");
        assertSame(first, later.getCause());
        assertSame(first, refused(() -> backend.download(x)).getCause());
    }

    @Test
    void aRefusedLaunchConcernsThatOpAlone() {
        Tensor x = row(1);
        device.set("refuse-launch", 1);
        contains(refused(() -> backend.affine(x, 2, 0, x)).getMessage(), "cuLaunchKernel of 1 x 1 x 1 blocks", "(701)");
        backend.affine(x, 3, 0, x);
        float[] expected = new float[WIDTH];
        java.util.Arrays.fill(expected, 3);
        assertArrayEquals(expected, backend.download(x));
    }

    @Test
    void aLostCardIsNamed() {
        Tensor x = row(1);
        device.set("device-lost", 1);
        CudaException first = refused(() -> backend.download(x));
        contains(first.getMessage(), "(46)");
        assertSame(first, refused(() -> backend.download(x)).getCause());
    }
}
