package dev.earshot.segmentation.audio;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.earshot.segmentation.audio.ImageBindAudio.Range;
import org.junit.jupiter.api.Test;

class ImageBindAudioTest {
    private static final ImageBindAudio STANDARD = ImageBindAudio.STANDARD;

    @Test
    void clipRangesAreThoseOfTheExactBinaryLength() {
        // 36800 / 16000 = 2.3 is no binary fraction: the starts lie one sample below the decimal 2400 and 4800.
        assertArrayEquals(
                new Range[] {new Range(0, 32_000), new Range(2399, 34_399), new Range(4799, 36_799)},
                STANDARD.ranges(36_800));
        assertArrayEquals(
                new Range[] {new Range(0, 32_000), new Range(64_000, 96_000), new Range(128_000, 160_000)},
                STANDARD.ranges(160_000));
    }

    @Test
    void filesUpToTwoSecondsGiveThreeEqualRanges() {
        for (int n : new int[] {0, 1, 16_000, 31_999, 32_000}) {
            for (Range range : STANDARD.ranges(n)) {
                assertEquals(new Range(0, n), range);
            }
        }
    }

    @Test
    void silentSecondIsTheFloorAndItsPaddingIsLouder() {
        float[] mel = STANDARD.segment(new float[16_000]);
        assertEquals(128 * 204, mel.length);
        for (int b = 0; b < 128; b++) {
            assertEquals(-1.2776f, mel[b * 204 + 97], 1e-4f);
            assertEquals(0.46706f, mel[b * 204 + 98], 1e-5f);
        }
    }

    @Test
    void secondEqualsEachOfItsThreeClips() {
        float[] second = FbankTest.noise(16_000, 11);
        float[][] clips = STANDARD.clips(Waveform.mono(second, 16_000));
        for (float[] clip : clips) {
            assertArrayEquals(STANDARD.segment(second), clip, 1e-4f);
        }
    }

    @Test
    void overlappingClipsSeeEarlierMeansUnlessIndependent() {
        float[] wave = FbankTest.noise(40_000, 12);
        for (int i = 0; i < 20_000; i++) {
            wave[i] += 0.4f; // an offset that the clips do not share
        }
        ImageBindAudio independent = new ImageBindAudio(
                STANDARD.fbank(), STANDARD.targetFrames(), STANDARD.mean(), STANDARD.std(), 2, 3, true);
        float[][] inPlace = STANDARD.clips(Waveform.mono(wave, 16_000));
        float[][] apart = independent.clips(Waveform.mono(wave, 16_000));
        assertArrayEquals(apart[0], inPlace[0]);
        float largest = 0;
        for (int i = 0; i < apart[2].length; i++) {
            largest = Math.max(largest, Math.abs(apart[2][i] - inPlace[2][i]));
        }
        assertTrue(largest > 0.01f, "the step at the overlap should show, largest difference " + largest);
    }

    @Test
    void inputIsNotChangedAndChannelZeroIsUsed() {
        float[] left = FbankTest.noise(16_000, 13);
        float[] right = new float[16_000];
        Waveform stereo = new Waveform(new float[][] {left, right}, 16_000);
        float[] before = left.clone();
        float[][] clips = STANDARD.clips(stereo);
        assertArrayEquals(before, left);
        // The shared mean differs from the mono one, but the filter bank removes each frame's mean anyway.
        assertArrayEquals(STANDARD.segment(left), clips[0], 1e-3f);
    }

    @Test
    void otherRateIsRefused() {
        Waveform wave = Waveform.mono(new float[44_100], 44_100);
        assertThrows(IllegalArgumentException.class, () -> STANDARD.clips(wave));
    }

    @Test
    void astPadsWithZerosBeforeNormalising() {
        float[] silent = AstAudio.AUDIOSET.apply(new float[1600]);
        assertEquals(1024 * 128, silent.length);
        assertEquals((-15.942385f + 4.2677393f) / (2 * 4.5689974f), silent[7 * 128], 1e-5f);
        assertEquals(0.46703231f, silent[8 * 128], 1e-6f); // eight frames are real
    }

    @Test
    void astMeanSubtractionOnlyRounds() {
        float[] wave = FbankTest.noise(16_000, 14);
        AstAudio centred = new AstAudio(AstAudio.AUDIOSET.fbank(), 1024, -4.2677393f, 4.5689974f, true);
        assertArrayEquals(AstAudio.AUDIOSET.apply(wave), centred.apply(wave), 1e-4f);
    }
}
