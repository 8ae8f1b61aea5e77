package dev.earshot.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.earshot.tensor.testing.TestBackends;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What every backend promises beside the results of its ops: life, threads, programs, transfers, error texts. */
class BackendContractTest {
    static Stream<String> backends() {
        return TestBackends.names();
    }

    /** A test body. */
    private interface Body {
        void run(Backend backend, Workspace ws, ParameterScope parameters);
    }

    private static void on(String name, Body body) {
        try (Backend backend = Backends.open(name);
                ParameterScope parameters = backend.parameters();
                Workspace ws = backend.workspace(1 << 16)) {
            body.run(backend, ws, parameters);
        }
    }

    private static HostTensor counting(long... dims) {
        float[] values = new float[Math.toIntExact(Shape.of(dims).elements())];
        for (int i = 0; i < values.length; i++) {
            values[i] = i + 1;
        }
        return HostTensor.of(values, dims);
    }

    private static void refused(String expected, Runnable call) {
        String message = assertThrows(IllegalArgumentException.class, call::run).getMessage();
        assertTrue(message.startsWith(expected), "expected '%s…', got '%s'".formatted(expected, message));
    }

    @ParameterizedTest
    @MethodSource("backends")
    void wrongArgumentsAreNamed(String name) {
        on(name, (b, ws, p) -> {
            Tensor x = ws.allocate(DType.F32, 2, 3, 8);
            Tensor half = ws.allocate(DType.BF16, 2, 3, 8);
            Tensor y = ws.allocate(DType.F32, 2, 3, 8);
            Tensor image = ws.allocate(DType.F32, 1, 2, 4, 4);
            Tensor eight = b.upload(ws, counting(8), DType.F32);
            Linear layer = p.linear(counting(5, 8), DType.F32);
            Convolution convolution = p.convolution(counting(3, 2, 3, 3), ConvolutionOptions.of(1, 0), DType.F32);
            Activation none = Activation.NONE;
            refused(
                    "linear x: expected [..., 8], got f32 [2, 3, 4]",
                    () -> b.linear(ws.allocate(DType.F32, 2, 3, 4), layer, none, y));
            refused("linear x: expected dtype [F32], got bf16 [2, 3, 8]", () -> b.linear(half, layer, none, y));
            refused("linear out: expected shape [2, 3, 5], got f32 [2, 3, 8]", () -> b.linear(x, layer, none, y));
            refused(
                    "linear residual: expected shape [2, 3, 5], got f32 [2, 3, 8]",
                    () -> b.linear(x, layer, none, y, ws.allocate(DType.F32, 2, 3, 5)));
            refused("matmul b: expected [..., 8, N] for a [2, 3, 8], got f32 [2, 3, 8]", () -> b.matmul(x, y, 1, y));
            refused("layerNorm gamma: expected shape [8], got f32 [7]", () -> {
                b.layerNorm(x, eight.slice(0, 0, 7), eight, 1e-6f, y);
            });
            refused("layerNorm x: expected an innermost stride of 1", () -> {
                Tensor turned = ws.allocate(DType.F32, 2, 8, 3).transpose(1, 2);
                b.layerNorm(turned, 1e-6f, y);
            });
            refused("softmax out: expected memory of its own", () -> b.softmax(x, 1, x));
            refused("attention q: expected a width that is a multiple of 3 heads, got f32 [2, 3, 8]", () -> {
                b.attention(x, x, x, 3, 1, y);
            });
            refused("attention bias: expected [2 or 1, 2 or 1, 3 or 1, 3], got f32 [1, 2, 4, 4]", () -> {
                b.attention(x, x, x, 2, 1, image, y);
            });
            refused("conv2d out: expected shape [1, 3, 2, 2], got f32 [1, 2, 4, 4]", () -> {
                b.conv2d(image, convolution, ws.allocate(DType.F32, 1, 2, 4, 4));
            });
            refused("pool2d kernel: expected kernel and stride >= 1 and 0 <= pad <= kernel / 2", () -> {
                b.pool2d(image, PoolOp.MAX, 2, 2, 2, image);
            });
            refused("unary out: expected shape [2, 3, 8], got f32 [8]", () -> b.unary(UnaryOp.EXP, x, eight));
            refused("binary b: expected a shape that broadcasts to out [2, 3, 8], got f32 [1, 2, 4, 4]", () -> {
                b.binary(BinaryOp.ADD, x, image, y);
            });
            refused("reduce axis: expected an axis of f32 [2, 3, 8], got 3", () -> {
                b.reduce(ReduceOp.SUM, x, 3, y);
            });
            refused("argmax out: expected dtype [I32], got f32 [2, 3, 8]", () -> b.argmax(x, y));
            refused("upload out: expected shape [8], got f32 [2, 3, 8]", () -> b.upload(counting(8), x));
            refused("download out: expected 48 elements", () -> b.download(x, new float[7]));
        });
    }

    @ParameterizedTest
    @MethodSource("backends")
    void wrongGridsAreNamed(String name) {
        on(name, (b, ws, p) -> {
            Tensor q = ws.allocate(DType.F32, 1, 12, 8);
            Tensor y = ws.allocate(DType.F32, 1, 12, 8);
            Tensor three = ws.allocate(DType.F32, 5, 4);
            Tensor four = ws.allocate(DType.F32, 7, 4);
            refused(
                    "gridAttention q and k: expected 3 x 3 tokens for tables of 5 and 5 rows, got f32 [1, 12, 8]",
                    () -> {
                        b.gridAttention(q, q, q, 2, 1, three, three, y);
                    });
            refused("gridAttention columnTable: expected [2 n - 1, 8] for a side of n tokens, got f32 [7, 4]", () -> {
                b.gridAttention(q, q, q, 1, 1, ws.allocate(DType.F32, 5, 8), four, y);
            });
            refused("gridAttention out: expected memory of its own", () -> {
                b.gridAttention(q, q, q, 2, 1, three, four, q);
            });
            Tensor grid = ws.allocate(DType.F32, 1, 3, 5, 8);
            Tensor eight = ws.allocate(DType.F32, 8);
            refused("partitionWindows window: expected a side of at least 1, got 0", () -> {
                b.partitionWindows(grid, 0, eight, y);
            });
            refused("partitionWindows out: expected shape [6, 4, 8], got f32 [1, 12, 8]", () -> {
                b.partitionWindows(grid, 2, eight, y);
            });
            refused("mergeWindows x: expected shape [2, 9, 8], got f32 [1, 12, 8]", () -> b.mergeWindows(y, 3, grid));
        });
    }

    @ParameterizedTest
    @MethodSource("backends")
    void wrongListsAreNamed(String name) {
        on(name, (b, ws, p) -> {
            Tensor x = ws.allocate(DType.F32, 3, 5);
            Tensor three = ws.allocate(DType.I32, 3);
            Tensor five = ws.allocate(DType.I32, 5);
            Tensor values = ws.allocate(DType.F32, 3, 2);
            Tensor indices = ws.allocate(DType.I32, 3, 2);
            refused("mergeTopK columnGroups: expected shape [5], got i32 [3]", () -> {
                b.mergeTopK(x, three, three, 0, values, indices);
            });
            refused("mergeTopK indices: expected dtype [I32], got f32 [3, 2]", () -> {
                b.mergeTopK(x, three, five, 0, values, values);
            });
            refused("mergeTopK values: expected lists of 1 to 256, got f32 [3, 300]", () -> {
                b.mergeTopK(x, three, five, 0, ws.allocate(DType.F32, 3, 300), indices);
            });
            refused("mergeTopK firstColumn: expected column numbers from 0 to 2^31 - 1, got -1", () -> {
                b.mergeTopK(x, three, five, -1, values, indices);
            });
        });
    }

    @ParameterizedTest
    @MethodSource("backends")
    void wrongMaskArgumentsAreNamed(String name) {
        on(name, (b, ws, p) -> {
            MaskResize resize = new MaskResize(8, 8, 8, 6, 11, 9);
            Tensor logits = ws.allocate(DType.F32, 3, 4, 4);
            Tensor chosen = ws.allocate(DType.I32, 2);
            Tensor measures = ws.allocate(DType.I32, 3, 7);
            Tensor bits = ws.allocate(DType.I64, 2, 2);
            refused("measureMasks logits: expected rank 3, got f32 [3, 16]", () -> {
                b.measureMasks(logits.reshape(3, 16), resize, 0, 1, measures);
            });
            refused("measureMasks offset: expected at least 0, got -1.0", () -> {
                b.measureMasks(logits, resize, 0, -1, measures);
            });
            refused("measureMasks out: expected shape [3, 7], got i32 [2]", () -> {
                b.measureMasks(logits, resize, 0, 1, chosen);
            });
            refused("maskBits threshold: expected a finite number, got NaN", () -> {
                b.maskBits(logits, chosen, resize, Float.NaN, bits);
            });
            refused("maskBits out: expected shape [2, 2], got i64 [2, 3]", () -> {
                b.maskBits(logits, chosen, resize, 0, ws.allocate(DType.I64, 2, 3));
            });
        });
    }

    @ParameterizedTest
    @MethodSource("backends")
    void wrongWeightsAreNamed(String name) {
        on(name, (b, ws, p) -> {
            refused("linear bias: expected a float [5], got F32 [4]", () -> {
                p.linear(counting(5, 8), counting(4), DType.F32);
            });
            refused("linear weight: expected a float [out, in], got F32 [5]", () -> p.linear(counting(5), DType.F32));
            refused("linear compute type: expected F32 or BF16, got F16", () -> p.linear(counting(5, 8), DType.F16));
            ConvolutionOptions groups = new ConvolutionOptions(1, 1, 0, 0, 1, 1, 2);
            refused("convolution weight: expected output channels that 2 groups divide, got [3, 2, 3, 3]", () -> {
                p.convolution(counting(3, 2, 3, 3), groups, DType.F32);
            });
        });
    }

    @ParameterizedTest
    @MethodSource("backends")
    void layersOfAnotherBackendAreRefused(String name) {
        on(name, (b, ws, p) -> {
            Linear layer = p.linear(counting(8, 8), DType.F32);
            Tensor x = ws.allocate(DType.F32, 1, 8);
            Tensor y = ws.allocate(DType.F32, 1, 8);
            try (Backend other = Backends.open(name)) {
                assertThrows(IllegalArgumentException.class, () -> other.linear(x, layer, Activation.NONE, y));
            }
        });
    }

    @ParameterizedTest
    @MethodSource("backends")
    void transfersConvertAndKeepEveryInteger(String name) {
        on(name, (b, ws, p) -> {
            Tensor half = b.upload(ws, HostTensor.of(new float[] {1.00390625f, -2, 1e30f}, 3), DType.BF16);
            assertArrayEquals(new float[] {1, -2, Floats.roundBf16(1e30f)}, b.download(half));
            Tensor turned = ws.allocate(DType.F32, 3, 2).transpose(0, 1);
            b.upload(counting(2, 3), turned);
            assertArrayEquals(new float[] {1, 2, 3, 4, 5, 6}, b.download(turned));
            long[] large = {Long.MAX_VALUE, -(1L << 60) - 1, 0};
            Tensor integers = ws.allocate(DType.I64, 3);
            b.upload(new HostTensor(java.lang.foreign.MemorySegment.ofArray(large), DType.I64, Shape.of(3)), integers);
            assertArrayEquals(large, b.downloadIntegers(integers));
        });
    }

    @ParameterizedTest
    @MethodSource("backends")
    void aProgramFollowsItsInputs(String name) {
        on(name, (b, ws, p) -> {
            Linear layer = p.linear(counting(4, 8), DType.F32);
            Tensor x = b.upload(ws, counting(3, 8), DType.F32);
            Tensor hidden = ws.allocate(DType.F32, 3, 4);
            Tensor y = ws.allocate(DType.F32, 3);
            Consumer<Backend> forward = backend -> {
                backend.linear(x, layer, Activation.RELU, hidden);
                backend.reduce(ReduceOp.SUM, hidden, 1, y);
            };
            Program closed;
            try (Program program = b.capture(forward)) {
                closed = program;
                float[] first = b.download(y);
                b.affine(x, 2, 0, x);
                program.run();
                float[] doubled = b.download(y);
                for (int i = 0; i < 3; i++) {
                    assertEquals(2 * first[i], doubled[i], 1e-6 * Math.abs(doubled[i]));
                }
                forward.accept(b);
                assertArrayEquals(doubled, b.download(y));
                assertTrue(program.steps() >= 1);
            }
            closed.close();
            assertThrows(IllegalStateException.class, closed::run);
        });
    }

    @ParameterizedTest
    @MethodSource("backends")
    void transfersAndCapturesInsideACaptureFail(String name) {
        on(name, (b, ws, p) -> {
            Tensor x = ws.allocate(DType.F32, 4);
            assertThrows(IllegalStateException.class, () -> b.capture(in -> in.download(x)));
            assertThrows(IllegalStateException.class, () -> b.capture(in -> in.upload(counting(4), x)));
            assertThrows(IllegalStateException.class, () -> b.capture(in -> in.capture(deeper -> {})));
            b.upload(counting(4), x);
            assertArrayEquals(new float[] {1, 2, 3, 4}, b.download(x), "usable after a failed capture");
        });
    }

    @ParameterizedTest
    @MethodSource("backends")
    void aSecondThreadInsideFailsWithBothNames(String name) {
        on(name, (b, ws, p) -> {
            Tensor x = b.upload(ws, counting(4), DType.F32);
            AtomicReference<Throwable> seen = new AtomicReference<>();
            b.capture(in -> {
                        Thread other = new Thread(
                                () -> {
                                    try {
                                        b.affine(x, 1, 0, x);
                                    } catch (Throwable t) {
                                        seen.set(t);
                                    }
                                },
                                "the-second");
                        other.start();
                        join(other);
                        in.affine(x, 1, 0, x);
                    })
                    .close();
            assertEquals(IllegalStateException.class, seen.get().getClass());
            String message = seen.get().getMessage();
            assertTrue(message.contains("the-second"), message);
            assertTrue(message.contains(Thread.currentThread().getName()), message);
        });
    }

    private static void join(Thread thread) {
        try {
            thread.join();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @ParameterizedTest
    @MethodSource("backends")
    void threadsMayTakeTurns(String name) {
        on(name, (b, ws, p) -> {
            Tensor x = b.upload(ws, counting(4), DType.F32);
            Thread other = new Thread(() -> b.affine(x, 2, 0, x));
            other.start();
            join(other);
            assertArrayEquals(new float[] {2, 4, 6, 8}, b.download(x));
        });
    }

    @ParameterizedTest
    @MethodSource("backends")
    void closingTwiceIsAllowedAndUseAfterwardsFails(String name) {
        Backend backend = Backends.open(name);
        Workspace ws = backend.workspace(0);
        ParameterScope parameters = backend.parameters();
        Linear layer = parameters.linear(counting(8, 8), DType.F32);
        Tensor weight = parameters.tensor(counting(8), DType.F32);
        Tensor x = ws.allocate(DType.F32, 2, 8);
        Tensor y = ws.allocate(DType.F32, 2, 8);
        assertTrue(parameters.bytes() >= 8 * 8 * 4 + 8 * 4);
        parameters.close();
        parameters.close();
        assertThrows(IllegalStateException.class, () -> backend.linear(x, layer, Activation.NONE, y));
        assertThrows(IllegalStateException.class, () -> backend.download(weight));
        assertThrows(IllegalStateException.class, () -> parameters.tensor(counting(8), DType.F32));
        ws.close();
        ws.close();
        assertThrows(IllegalStateException.class, () -> backend.download(x));
        backend.close();
        backend.close();
        assertThrows(IllegalStateException.class, () -> backend.workspace(0));
        assertThrows(IllegalStateException.class, backend::parameters);
    }

    @ParameterizedTest
    @MethodSource("backends")
    void aBackendIsNotClosedOverOpenMemory(String name) {
        Backend backend = Backends.open(name);
        Workspace ws = backend.workspace(0);
        String message =
                assertThrows(IllegalStateException.class, backend::close).getMessage();
        assertTrue(message.contains("close them first"), message);
        ws.close();
        backend.close();
    }
}
