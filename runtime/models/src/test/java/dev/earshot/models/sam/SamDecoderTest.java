package dev.earshot.models.sam;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.earshot.models.Tiny;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.Backends;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.Workspace;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a decoder promises beyond the numbers, which the goldens check. */
final class SamDecoderTest {
    private static final SamGrid GRID = SamCheckpoints.TINY.grid();
    private static final SamConfig.Decoder SIZES = SamCheckpoints.TINY.decoder();
    private static final int PIXELS = 16 * GRID.tokens();
    private static final float[] NONE = {};

    /** Of logits whose largest is about 1: products of other heights may sum in another order on the CPU. */
    private static final float CLOSE = 1e-5f;

    private Backend backend;
    private Workspace ws;

    private void open(String name) {
        backend = Backends.open(name);
        ws = backend.workspace(1 << 20);
    }

    @AfterEach
    void close() {
        if (backend != null) {
            ws.close();
            backend.close();
        }
    }

    private SamDecoder decoder(long passBytes) {
        return SamDecoder.load(
                backend, SamDecoder.filler(SIZES), GRID, SIZES, SamOptions.DEFAULT.withPassBytes(passBytes));
    }

    private SamEmbedding image(SamDecoder decoder, String name) {
        Tensor tokens = backend.upload(ws, Tiny.input(name, 1, GRID.tokens(), SIZES.width()), DType.F32);
        return decoder.embedding(tokens, Optional.empty());
    }

    /** Points all over the frame and beyond. */
    private static SamPrompts points(int count) {
        return SamPrompts.ofPoints(spread(2 * count));
    }

    private static float[] spread(int count) {
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (i * 37 % 29) - 4;
        }
        return values;
    }

    private static SamPrompts one(SamPrompts all, int index) {
        return SamPrompts.ofPoints(Arrays.copyOfRange(all.points(), 2 * index, 2 * index + 2));
    }

    /** Logits and IoU of all prompts, one behind the other, and where passes began. */
    private record Decoded(float[] logits, float[] iou, List<Integer> starts) {}

    private Decoded decode(SamDecoder decoder, SamEmbedding image, SamPrompts prompts, boolean multimask) {
        List<float[]> logits = new ArrayList<>();
        List<float[]> iou = new ArrayList<>();
        List<Integer> starts = new ArrayList<>();
        decoder.decode(image, prompts, multimask, (first, masks, quality) -> {
            assertEquals(multimask ? 3 : 1, masks.dim(1));
            assertEquals(4 * GRID.rows(), masks.dim(2));
            assertEquals(4 * GRID.columns(), masks.dim(3));
            assertEquals(masks.dim(0) * masks.dim(1), quality.length);
            logits.add(backend.download(masks));
            iou.add(quality);
            starts.add(first);
        });
        return new Decoded(joined(logits), joined(iou), starts);
    }

    private static float[] joined(List<float[]> parts) {
        float[] all = new float[parts.stream().mapToInt(part -> part.length).sum()];
        int at = 0;
        for (float[] part : parts) {
            System.arraycopy(part, 0, all, at, part.length);
            at += part.length;
        }
        return all;
    }

    private static void assertSame(float[] expected, float[] actual, float tolerance) {
        if (tolerance == 0) {
            assertArrayEquals(expected, actual);
        } else {
            assertArrayEquals(expected, actual, tolerance);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"reference", "cpu"})
    void promptsGiveAloneWhatTheyGiveInABatch(String name) {
        open(name);
        float tolerance = name.equals("reference") ? 0 : CLOSE;
        try (SamDecoder decoder = decoder(SamOptions.PASS_BYTES);
                SamEmbedding image = image(decoder, "image")) {
            SamPrompts all = points(8);
            Decoded together = decode(decoder, image, all, true);
            assertEquals(List.of(0), together.starts());
            for (int i = 0; i < all.count(); i++) {
                Decoded alone = decode(decoder, image, one(all, i), true);
                int size = alone.logits().length;
                assertSame(alone.logits(), Arrays.copyOfRange(together.logits(), i * size, (i + 1) * size), tolerance);
                assertSame(alone.iou(), Arrays.copyOfRange(together.iou(), 3 * i, 3 * i + 3), tolerance);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"reference", "cpu"})
    void sizeOfThePassesDoesNotChangeTheMasks(String name) {
        open(name);
        float tolerance = name.equals("reference") ? 0 : CLOSE;
        SamPrompts prompts = points(7);
        Decoded large;
        try (SamDecoder decoder = decoder(SamOptions.PASS_BYTES);
                SamEmbedding image = image(decoder, "image")) {
            large = decode(decoder, image, prompts, true);
            assertEquals(List.of(0, 4, 6), large.starts());
        }
        try (SamDecoder decoder = decoder(1);
                SamEmbedding image = image(decoder, "image")) {
            Decoded single = decode(decoder, image, prompts, true);
            assertEquals(List.of(0, 1, 2, 3, 4, 5, 6), single.starts());
            assertSame(large.logits(), single.logits(), tolerance);
            assertSame(large.iou(), single.iou(), tolerance);
        }
    }

    @Test
    void singleMaskAndManyAreDifferentTokens() {
        open("reference");
        try (SamDecoder decoder = decoder(SamOptions.PASS_BYTES);
                SamEmbedding image = image(decoder, "image")) {
            Decoded many = decode(decoder, image, points(1), true);
            Decoded single = decode(decoder, image, points(1), false);
            assertEquals(PIXELS, single.logits().length);
            for (int m = 0; m < 3; m++) {
                assertFalse(Arrays.equals(
                        single.logits(), Arrays.copyOfRange(many.logits(), m * PIXELS, (m + 1) * PIXELS)));
            }
        }
    }

    /** The mask of one prompt as the next one's prompt: one for all, or repeated for each, is the same thing. */
    @ParameterizedTest
    @ValueSource(strings = {"reference", "cpu"})
    void masksAreTakenBackAsPrompts(String name) {
        open(name);
        float tolerance = name.equals("reference") ? 0 : CLOSE;
        try (SamDecoder decoder = decoder(SamOptions.PASS_BYTES);
                SamEmbedding image = image(decoder, "image")) {
            SamPrompts prompts = points(5);
            float[] first = decode(decoder, image, one(prompts, 0), false).logits();
            float[] repeated = new float[5 * PIXELS];
            for (int i = 0; i < 5; i++) {
                System.arraycopy(first, 0, repeated, i * PIXELS, PIXELS);
            }
            Decoded without = decode(decoder, image, prompts, true);
            Decoded shared = decode(decoder, image, prompts.withMasks(first), true);
            Decoded each = decode(decoder, image, prompts.withMasks(repeated), true);
            assertSame(shared.logits(), each.logits(), tolerance);
            assertSame(shared.iou(), each.iou(), tolerance);
            assertFalse(Arrays.equals(without.logits(), shared.logits()));
            Decoded again = decode(decoder, image, prompts, true);
            assertArrayEquals(without.logits(), again.logits());
        }
    }

    @Test
    @SuppressWarnings("try") // closes in mid-flight
    void imagesTakeTurns() {
        open("reference");
        try (SamDecoder decoder = decoder(SamOptions.PASS_BYTES);
                SamEmbedding cat = image(decoder, "cat");
                SamEmbedding dog = image(decoder, "dog")) {
            float[] onCat = decode(decoder, cat, points(2), false).logits();
            float[] onDog = decode(decoder, dog, points(2), false).logits();
            assertFalse(Arrays.equals(onCat, onDog));
            assertArrayEquals(onCat, decode(decoder, cat, points(2), false).logits());
            cat.close();
            try (SamEmbedding bird = image(decoder, "bird")) {
                assertFalse(Arrays.equals(
                        onCat, decode(decoder, bird, points(2), false).logits()));
                assertArrayEquals(onDog, decode(decoder, dog, points(2), false).logits());
            }
        }
    }

    @Test
    void noPromptsCallNobodyAndOneOfNothingGivesAMask() {
        open("reference");
        try (SamDecoder decoder = decoder(SamOptions.PASS_BYTES);
                SamEmbedding image = image(decoder, "image")) {
            decoder.decode(image, points(0), true, (_, _, _) -> {
                throw new AssertionError("called");
            });
            SamPrompts nothing = new SamPrompts(NONE, new int[0], 0, NONE, NONE, 1);
            Decoded whole = decode(decoder, image, nothing, false);
            assertEquals(PIXELS, whole.logits().length);
            for (float logit : whole.logits()) {
                assertTrue(Float.isFinite(logit));
            }
        }
    }

    @Test
    @SuppressWarnings("try") // closes in mid-flight
    void secondDecodingCapturesAndAllocatesNothing() {
        open("reference");
        CountedCalls counted = new CountedCalls(backend);
        try (SamDecoder decoder =
                        SamDecoder.load(counted.backend(), SamDecoder.filler(SIZES), GRID, SIZES, SamOptions.DEFAULT);
                SamEmbedding image = image(decoder, "image");
                SamEmbedding other = image(decoder, "other")) {
            decoder.decode(image, points(13), true, (_, _, _) -> {});
            assertEquals(6, counted.count("capture")); // two halves of passes of 8, 4 and 1
            long held = decoder.passBytes();
            int workspaces = counted.count("workspace");
            decoder.decode(image, points(13), true, (_, _, _) -> {});
            decoder.decode(other, points(12), true, (_, _, _) -> {});
            other.close();
            try (SamEmbedding next = image(decoder, "next")) {
                decoder.decode(next, points(5), true, (_, _, _) -> {});
            }
            assertEquals(6, counted.count("capture"));
            assertEquals(workspaces, counted.count("workspace"));
            assertEquals(held, decoder.passBytes());
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void passStaysWithinItsPlan(boolean multimask) {
        open("reference");
        for (DType compute : new DType[] {DType.F32, DType.BF16}) {
            SamOptions options = SamOptions.DEFAULT.withCompute(compute);
            for (float[] masks : new float[][] {NONE, spread(PIXELS), spread(8 * PIXELS)}) {
                try (SamDecoder decoder = SamDecoder.load(backend, SamDecoder.filler(SIZES), GRID, SIZES, options);
                        SamEmbedding image = image(decoder, "image")) {
                    SamPrompts prompts = points(8).withMasks(masks);
                    decode(decoder, image, prompts, multimask);
                    PassShape shape = PassShape.of(decoder, prompts, 8, multimask);
                    long planned = new PassMemory(GRID, SIZES, options, false).bytes(shape);
                    assertTrue(
                            decoder.passBytes() <= planned + 4096,
                            "%s: planned %d, took %d".formatted(shape, planned, decoder.passBytes()));
                }
            }
        }
    }

    @Test
    void ceilingBoundsTheBatchAtThePublishedSizes() {
        SamConfig config = SamVariant.VIT_H.config(false);
        PassShape one = new PassShape(1, 7, 0, true);
        for (long ceiling : new long[] {64L << 20, SamOptions.PASS_BYTES, 2L << 30}) {
            PassMemory memory =
                    new PassMemory(config.grid(), config.decoder(), SamOptions.DEFAULT.withPassBytes(ceiling), false);
            int batch = memory.prompts(one, 1024);
            assertEquals(1, Integer.bitCount(batch));
            assertTrue(memory.bytes(new PassShape(batch, 7, 0, true)) <= ceiling);
            assertTrue(memory.bytes(new PassShape(2 * batch, 7, 0, true)) > ceiling);
        }
        PassMemory standard = new PassMemory(config.grid(), config.decoder(), SamOptions.DEFAULT, false);
        assertEquals(16, standard.prompts(one, 1024));
        assertEquals(4, standard.prompts(one, 7));
    }

    @Test
    void wrongMasksAndImagesAreRefusedWithTheSizesWanted() {
        open("reference");
        try (SamDecoder decoder = decoder(SamOptions.PASS_BYTES);
                SamDecoder stranger = decoder(SamOptions.PASS_BYTES);
                SamEmbedding image = image(decoder, "image")) {
            SamPrompts masked = points(3).withMasks(new float[2 * PIXELS]);
            String masks = assertThrows(
                            IllegalArgumentException.class, () -> decoder.decode(image, masked, true, (_, _, _) -> {}))
                    .getMessage();
            assertTrue(masks.contains("one or 3 mask prompts of 20 x 12"), masks);
            String other = assertThrows(
                            IllegalArgumentException.class,
                            () -> stranger.decode(image, points(1), true, (_, _, _) -> {}))
                    .getMessage();
            assertTrue(other.contains("of another"), other);
            Tensor small = ws.allocate(DType.F32, 1, GRID.tokens() - 1, SIZES.width());
            String shape = assertThrows(
                            IllegalArgumentException.class, () -> decoder.embedding(small, Optional.empty()))
                    .getMessage();
            assertTrue(shape.contains("[1, 15, 16]"), shape);
        }
    }

    @Test
    void nothingHappensInsideASinkOrAfterTheClose() {
        open("reference");
        SamDecoder decoder = decoder(SamOptions.PASS_BYTES);
        SamEmbedding image = image(decoder, "image");
        SamSink nested = (_, _, _) -> decoder.decode(image, points(1), false, (_, _, _) -> {});
        assertThrows(IllegalStateException.class, () -> decoder.decode(image, points(1), false, nested));
        assertThrows(
                IllegalStateException.class,
                () -> decoder.decode(image, points(1), false, (_, _, _) -> decoder.close()));
        decode(decoder, image, points(1), false); // still in order
        SamEmbedding closed = image(decoder, "closed");
        closed.close();
        closed.close();
        assertThrows(IllegalStateException.class, () -> decode(decoder, closed, points(1), false));
        decoder.close();
        decoder.close();
        assertThrows(IllegalStateException.class, () -> decode(decoder, image, points(1), false));
        assertThrows(IllegalStateException.class, image::tokens);
        image.close();
    }
}
