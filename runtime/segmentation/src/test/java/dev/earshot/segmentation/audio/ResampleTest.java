package dev.earshot.segmentation.audio;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ResampleTest {
    /** The formula of torchaudio.functional.resample in double precision, with its dense kernel. */
    private static float[] reference(float[] x, int fromHz, int toHz) {
        int a = fromHz;
        int b = toHz;
        while (b != 0) {
            int t = a % b;
            a = b;
            b = t;
        }
        int o = fromHz / a;
        int q = toHz / a;
        double base = Math.min(o, q) * 0.99;
        int width = (int) Math.ceil(6 * o / base);
        float[] out = new float[(int) (((long) q * x.length + o - 1) / o)];
        for (int n = 0; n < out.length; n++) {
            double sum = 0;
            for (int i = 0; i < 2 * width + o; i++) {
                double t = Math.clamp(base * ((i - width) / (double) o - n % q / (double) q), -6, 6);
                double sinc = t == 0 ? 1 : Math.sin(Math.PI * t) / (Math.PI * t);
                int at = n / q * o + i - width;
                double sample = at >= 0 && at < x.length ? x[at] : 0;
                sum += base / o * sinc * Math.pow(Math.cos(Math.PI * t / 12), 2) * sample;
            }
            out[n] = (float) sum;
        }
        return out;
    }

    @ParameterizedTest
    @CsvSource({
        "44100, 16000, 2001",
        "48000, 16000, 2001",
        "22050, 16000, 1999",
        "8000, 16000, 700",
        "16000, 44100, 300",
        "11025, 16000, 1",
        "192000, 16000, 25",
        "48000, 44100, 0",
    })
    void matchesTheDenseFormula(int fromHz, int toHz, int samples) {
        float[] x = FbankTest.noise(samples, 21);
        assertArrayEquals(reference(x, fromHz, toHz), new Resample(fromHz, toHz).apply(x), 2e-6f);
    }

    @Test
    void equalRatesChangeNothing() {
        float[] x = FbankTest.noise(100, 22);
        assertArrayEquals(x, new Resample(16_000, 16_000).apply(x));
    }

    @Test
    void ratesWithoutCommonFactorStaySmall() {
        // The dense kernel of torchaudio would hold 16000 x 44167 values here.
        float[] x = new float[44_101];
        for (int i = 0; i < x.length; i++) {
            x[i] = (float) Math.sin(2 * Math.PI * 700 * i / 44_101);
        }
        float[] y = new Resample(44_101, 16_000).apply(x);
        assertEquals(16_000, y.length);
        for (int i = 200; i < 15_800; i++) {
            assertEquals(Math.sin(2 * Math.PI * 700 * i / 16_000), y[i], 2e-4);
        }
    }

    @Test
    void everyChannelIsConverted() {
        Waveform stereo = new Waveform(new float[][] {FbankTest.noise(4410, 1), FbankTest.noise(4410, 2)}, 44_100);
        Waveform out = stereo.at(16_000);
        assertEquals(2, out.channels());
        assertEquals(1600, out.length());
        assertArrayEquals(new Resample(44_100, 16_000).apply(stereo.channel(1)), out.channel(1));
    }
}
