package dev.earshot.cuda.blas;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.earshot.tensor.DType;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AlgorithmCacheTest {
    private static final String CARD = "a card, compute capability 9.0, driver 13.0, cuBLASLt 130101";

    @TempDir
    Path folder;

    private static Gemm gemm(int m) {
        Gemm.Matrix matrix = new Gemm.Matrix(false, m, 0, 16);
        return new Gemm(
                m, 7, 5, 1, DType.F32, DType.F32, false, Epilogue.BIAS, 16, false, matrix, matrix, matrix, matrix);
    }

    private static byte[] algorithm(int seed) {
        byte[] bytes = new byte[AlgorithmCache.ALGORITHM_BYTES];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) (seed * 31 + i * 7);
        }
        return bytes;
    }

    /** Saves algorithms for some products and returns the file. */
    private Path save(String card, int... sizes) throws IOException {
        AlgorithmCache cache = new AlgorithmCache(folder, card);
        for (int m : sizes) {
            cache.put(gemm(m), algorithm(m));
        }
        cache.save();
        try (var files = Files.list(folder)) {
            return files.filter(file -> read(file).contains(card)).findFirst().orElseThrow();
        }
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private boolean isKept(String card, int m) {
        return new AlgorithmCache(folder, card).find(gemm(m)).isPresent();
    }

    @Test
    void savedAlgorithmsAreFoundByTheNextProcess() throws IOException {
        save(CARD, 3, 4);
        AlgorithmCache next = new AlgorithmCache(folder, CARD);
        assertArrayEquals(algorithm(3), next.find(gemm(3)).orElseThrow());
        assertArrayEquals(algorithm(4), next.find(gemm(4)).orElseThrow());
        assertTrue(next.find(gemm(5)).isEmpty());
    }

    @Test
    void anotherCardFindsNothing() throws IOException {
        Path file = save(CARD, 3);
        String other = CARD.replace("9.0", "8.0");
        assertFalse(isKept(other, 3));
        // not even where its own file carries this card's content
        Path othersFile = save(other, 4);
        assertTrue(isKept(other, 4));
        Files.copy(file, othersFile, StandardCopyOption.REPLACE_EXISTING);
        assertFalse(isKept(other, 3));
    }

    @Test
    void whatAnotherProcessSavedMeanwhileStays() throws IOException {
        AlgorithmCache first = new AlgorithmCache(folder, CARD);
        first.put(gemm(3), algorithm(3));
        save(CARD, 4);
        first.save();
        assertTrue(isKept(CARD, 3));
        assertTrue(isKept(CARD, 4));
    }

    @Test
    void damagedFilesAreIgnoredAndReplaced() throws IOException {
        Path file = save(CARD, 3);
        byte[] whole = Files.readAllBytes(file);
        SplittableRandom random = new SplittableRandom(1);
        for (int round = 0; round < 40; round++) {
            byte[] damaged = whole.clone();
            if (round % 2 == 0) {
                damaged = Arrays.copyOf(whole, random.nextInt(whole.length));
            } else {
                damaged[random.nextInt(whole.length)] ^= (byte) (1 << random.nextInt(8));
            }
            Files.write(file, damaged);
            assertFalse(isKept(CARD, 3), "round " + round);
        }
        save(CARD, 5);
        assertTrue(isKept(CARD, 5));
    }

    @Test
    void theLeastRecentlyUsedAreLeftOutOfAFullFile() throws IOException {
        AlgorithmCache cache = new AlgorithmCache(folder, CARD);
        for (int m = 1; m <= AlgorithmCache.MOST_KEPT; m++) {
            cache.put(gemm(m), algorithm(m));
        }
        cache.save();
        AlgorithmCache next = new AlgorithmCache(folder, CARD);
        assertTrue(next.find(gemm(1)).isPresent()); // used again
        next.put(gemm(AlgorithmCache.MOST_KEPT + 1), algorithm(1));
        next.save();
        assertTrue(isKept(CARD, 1));
        assertFalse(isKept(CARD, 2));
        assertTrue(isKept(CARD, 3));
        assertTrue(isKept(CARD, AlgorithmCache.MOST_KEPT + 1));
    }

    @Test
    void anUnusableFolderCostsNothingButTheFile() throws IOException {
        Path notAFolder = Files.writeString(folder.resolve("file"), "");
        AlgorithmCache cache = new AlgorithmCache(notAFolder, CARD);
        cache.put(gemm(3), algorithm(3));
        cache.save();
        assertTrue(cache.find(gemm(3)).isPresent());
        assertEquals(0, Files.size(notAFolder));
    }

    @Test
    void algorithmsOfAnotherSizeAreRefused() {
        AlgorithmCache cache = new AlgorithmCache(folder, CARD);
        var e = assertThrows(IllegalArgumentException.class, () -> cache.put(gemm(3), new byte[63]));
        assertEquals("algorithm: expected 64 bytes, got 63", e.getMessage());
    }
}
