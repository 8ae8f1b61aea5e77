package dev.earshot.segmentation.audio;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.earshot.segmentation.audio.FbankOptions.Energy;
import dev.earshot.segmentation.audio.FbankOptions.Window;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** The reference is {@link NaiveFbank}: the formulas in double precision with a plain Fourier sum. */
class FbankTest {
    /** fp32 against fp64: 6e-4 where a filter holds almost no energy, 1e-5 elsewhere; noise holds energy everywhere. */
    private static final float TOLERANCE = 5e-4f;

    private static final float FLOOR = -15.942385f;

    static float[] noise(int samples, long seed) {
        Random random = new Random(seed);
        float[] x = new float[samples];
        for (int i = 0; i < samples; i++) {
            x[i] = (float) (0.3 * Math.sin(i * 0.05) + 0.2 * random.nextGaussian() + 0.01);
        }
        return x;
    }

    private static FbankOptions options(
            Window window, int bins, double high, boolean snip, Energy energy, boolean power, boolean log) {
        return new FbankOptions(16_000, 25, 10, window, bins, 20, high, 0.97, true, snip, energy, power, log, false);
    }

    private static void assertMatchesNaive(FbankOptions options, float[] wave) {
        assertArrayEquals(NaiveFbank.apply(options, wave), new Fbank(options).apply(wave), TOLERANCE);
    }

    @Test
    void imageBindSettingMatchesTheNaiveSum() {
        assertMatchesNaive(FbankOptions.IMAGEBIND, noise(8000, 1));
    }

    @ParameterizedTest
    @EnumSource(Window.class)
    void everyWindowMatchesTheNaiveSum(Window window) {
        assertMatchesNaive(options(window, 23, 0, true, Energy.NONE, true, true), noise(3000, 2));
    }

    @ParameterizedTest
    @CsvSource({"FIRST, true, 0", "LAST, false, 1", "FIRST, false, 0", "LAST, true, 1"})
    void energyColumnMatchesTheNaiveSum(Energy.Place place, boolean raw, double floor) {
        Energy energy = new Energy(place, raw, floor);
        assertMatchesNaive(options(Window.HAMMING, 40, -400, false, energy, true, true), noise(3001, 3));
    }

    @Test
    void magnitudeWithoutLogarithmMatchesTheNaiveSum() {
        assertMatchesNaive(options(Window.BLACKMAN, 30, 7000, true, Energy.NONE, false, false), noise(3000, 4));
    }

    @Test
    void otherRatesAndFrameTimesMatchTheNaiveSum() {
        FbankOptions odd = new FbankOptions(
                11_025, 31, 7.3, Window.HANNING, 17, 0, 0, 0, false, true, Energy.NONE, true, true, true);
        assertMatchesNaive(odd, noise(5000, 5));
    }

    @Test
    void silenceIsTheFloorInEveryFilter() {
        for (float v : new Fbank(FbankOptions.IMAGEBIND).apply(new float[16_000])) {
            assertEquals(FLOOR, v, 1e-6f);
        }
    }

    @Test
    void filterThreeIsNarrowerThanABinAndAlwaysAtTheFloor() {
        Fbank fbank = new Fbank(FbankOptions.IMAGEBIND);
        float[] rows = fbank.apply(noise(16_000, 6));
        for (int f = 0; f < 98; f++) {
            assertEquals(FLOOR, rows[f * 128 + 3], 1e-6f);
            assertTrue(rows[f * 128 + 64] > -10);
        }
        float sum = 0;
        for (float w : fbank.melFilters()[3]) {
            sum += w;
        }
        assertEquals(0, sum);
    }

    @ParameterizedTest
    @CsvSource({"0, 0", "1, 0", "399, 0", "400, 1", "401, 1", "559, 1", "560, 2", "16000, 98", "32000, 198"})
    void frameCountsAroundTheFrameLength(int samples, int frames) {
        Fbank fbank = new Fbank(FbankOptions.IMAGEBIND);
        assertEquals(frames, fbank.frames(samples));
        assertEquals(frames * 128, fbank.apply(new float[samples]).length);
    }

    @ParameterizedTest
    @CsvSource({"0, 0", "79, 0", "80, 1", "100, 1", "240, 2"})
    void mirroredFramesExistForVeryShortWaves(int samples, int frames) {
        FbankOptions mirrored = options(Window.POVEY, 23, 0, false, Energy.NONE, true, true);
        assertEquals(frames * 23, new Fbank(mirrored).apply(noise(samples, 7)).length);
        assertMatchesNaive(mirrored, noise(samples, 7));
    }

    @Test
    void partOfAWaveEqualsThatPartAlone() {
        float[] wave = noise(20_000, 8);
        Fbank fbank = new Fbank(FbankOptions.IMAGEBIND);
        assertArrayEquals(
                fbank.apply(java.util.Arrays.copyOfRange(wave, 1234, 15_000)), fbank.apply(wave, 1234, 15_000));
    }

    @Test
    void nonsenseIsRefused() {
        assertThrows(IllegalArgumentException.class, () -> options(Window.POVEY, 0, 0, true, Energy.NONE, true, true));
        assertThrows(
                IllegalArgumentException.class, () -> options(Window.POVEY, 23, 9000, true, Energy.NONE, true, true));
        assertThrows(
                IllegalArgumentException.class, () -> options(Window.POVEY, 23, 10, true, Energy.NONE, true, true));
    }
}
