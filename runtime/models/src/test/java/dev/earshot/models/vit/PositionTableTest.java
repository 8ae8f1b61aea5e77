package dev.earshot.models.vit;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.earshot.models.Filler;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.HostTensor;
import dev.earshot.tensor.Interpolation;
import dev.earshot.tensor.ParameterScope;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.Workspace;
import dev.earshot.tensor.reference.ReferenceBackend;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PositionTableTest {
    private static final int SIDE = 4;
    private static final int WIDTH = 5;

    private final Backend backend = new ReferenceBackend();
    private final ParameterScope scope = backend.parameters();
    private final Workspace ws = backend.workspace(1 << 16);
    private final HostTensor table = Filler.tensor("pos_embed", 1, 1 + SIDE * SIDE, WIDTH);

    @AfterEach
    void close() {
        ws.close();
        scope.close();
        backend.close();
    }

    private PositionTable of(PositionResampling resampling) {
        return new PositionTable(scope, table, SIDE, SIDE, Filler.tensor("cls_token", 1, 1, WIDTH), resampling);
    }

    @Test
    void nativeGridIsTheTableItself() {
        for (PositionResampling resampling : PositionResampling.values()) {
            assertArrayEquals(table.toFloats(), backend.download(of(resampling).at(backend, ws, SIDE, SIDE)));
        }
    }

    /** Against the resize op, which knows nothing of tables: channels as planes, the published steps. */
    @ParameterizedTest
    @CsvSource({
        "IMAGEBIND, 7, 7, 0",
        "IMAGEBIND, 3, 3, 0",
        "DINO_ORIGINAL, 6, 5, 0.1",
        "DINO_ORIGINAL, 2, 9, 0.1",
        "TRANSFORMERS, 2, 5, 0"
    })
    void otherGridsMatchTheResizeOp(PositionResampling resampling, int rows, int columns, double offset) {
        Tensor grid = backend.upload(ws, table, DType.F32).slice(1, 1, 1 + SIDE * SIDE);
        Tensor planes = ws.allocate(DType.F32, 1, WIDTH, SIDE * SIDE);
        backend.copy(grid.transpose(1, 2), planes);
        Tensor resized = ws.allocate(DType.F32, 1, WIDTH, rows, columns);
        backend.resize(
                planes.reshape(1, WIDTH, SIDE, SIDE),
                Interpolation.BICUBIC,
                SIDE / (rows + offset),
                SIDE / (columns + offset),
                resized);
        float[] expected = backend.download(
                resized.reshape(1, WIDTH, (long) rows * columns).transpose(1, 2));

        float[] got = backend.download(of(resampling).at(backend, ws, rows, columns));

        assertArrayEquals(Arrays.copyOf(table.toFloats(), WIDTH), Arrays.copyOf(got, WIDTH));
        assertArrayEquals(expected, Arrays.copyOfRange(got, WIDTH, got.length), 1e-6f);
    }

    @Test
    void sizesAreResampledOnce() {
        PositionTable positions = of(PositionResampling.TRANSFORMERS);
        assertSame(positions.at(backend, ws, 3, 5), positions.at(backend, ws, 3, 5));
    }

    @Test
    void everChangingSizesTakeABoundedAmountOfMemory() {
        for (PositionResampling resampling :
                List.of(PositionResampling.DINO_ORIGINAL, PositionResampling.TRANSFORMERS)) {
            PositionTable positions = of(resampling);
            for (int rows = 10; rows < 10 + PositionTable.MOST_KEPT; rows++) {
                positions.at(backend, ws, rows, 2);
            }
            float[] made = backend.download(positions.at(backend, ws, 2, 7)); // by ops; makes what these need
            float[] fresh = backend.download(of(resampling).at(backend, ws, 2, 7)); // on the host
            assertArrayEquals(fresh, made, 1e-6f);
            long bytes = scope.bytes();
            for (int rows = 3; rows < 10; rows++) {
                ws.reset();
                assertEquals(1 + 2 * rows, positions.at(backend, ws, rows, 2).dim(1));
            }
            assertArrayEquals(table.toFloats(), backend.download(positions.at(backend, ws, SIDE, SIDE)));
            assertEquals(bytes, scope.bytes());
        }
    }

    @Test
    void gridsThatTheReferenceCannotReadAreRefused() {
        var square = assertThrows(
                IllegalArgumentException.class,
                () -> of(PositionResampling.IMAGEBIND).at(backend, ws, 3, 5));
        assertTrue(square.getMessage().contains("expected a square image"), square.getMessage());
        var fixed = assertThrows(
                IllegalArgumentException.class,
                () -> of(PositionResampling.FIXED).at(backend, ws, 3, 4));
        assertTrue(fixed.getMessage().contains("expected a grid of 4 x 4"), fixed.getMessage());
    }

    @Test
    void configurationsThatDoNotFitAreRefused() {
        assertThrows(IllegalArgumentException.class, () -> new VitConfig(30, 14, 24, 3, 3, 96, 1e-6f));
        assertThrows(IllegalArgumentException.class, () -> new VitConfig(28, 14, 25, 3, 3, 96, 1e-6f));
        assertThrows(IllegalArgumentException.class, () -> new BlockConfig(24, 5, 96, 1e-6f, false));
    }
}
