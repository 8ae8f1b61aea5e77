package dev.earshot.segmentation.audio;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.earshot.segmentation.MediaException;
import dev.earshot.segmentation.support.MutationFuzzer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import javax.sound.sampled.AudioFileFormat;
import javax.sound.sampled.AudioFormat;
import javax.sound.sampled.AudioInputStream;
import javax.sound.sampled.AudioSystem;
import javax.sound.sampled.UnsupportedAudioFileException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class WavFilesTest {
    @TempDir
    Path folder;

    private Waveform read(byte[] bytes) {
        return read(bytes, AudioLimits.DEFAULT);
    }

    private static Waveform read(byte[] bytes, AudioLimits limits) {
        try {
            return WavFiles.read(new MemoryChannel(bytes), "x.wav", limits);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void assertMessage(byte[] bytes, String part) {
        MediaException e = assertThrows(MediaException.class, () -> read(bytes));
        assertTrue(e.getMessage().contains(part), e.getMessage());
    }

    @ParameterizedTest
    @CsvSource({"1, 16", "1, 24", "1, 32", "3, 32", "65534, 16", "65534, 24", "65534, 32", "65535, 32"})
    void knownSamplesOfEveryFormat(int tag, int bits) {
        // 65535 stands for an extensible header around floats.
        WavBuilder wav = new WavBuilder(tag == 65_535 ? 65_534 : tag, 2, 44_100, bits).floats(tag == 65_535);
        Waveform wave = read(wav.samples(0, 0.5, -0.5, -1, 0.25, 0.125).bytes());
        assertEquals(44_100, wave.sampleRateHz());
        assertArrayEquals(new float[] {0, -0.5f, 0.25f}, wave.channel(0));
        assertArrayEquals(new float[] {0.5f, -1, 0.125f}, wave.channel(1));
    }

    @Test
    void equalsTheJdksReading() throws IOException, UnsupportedAudioFileException {
        byte[] noise = new byte[3 * 2 * 500];
        new java.util.Random(3).nextBytes(noise);
        AudioFormat format = new AudioFormat(48_000, 24, 2, true, false);
        Path file = folder.resolve("peer.wav");
        AudioInputStream stream = new AudioInputStream(new java.io.ByteArrayInputStream(noise), format, 500);
        AudioSystem.write(stream, AudioFileFormat.Type.WAVE, file.toFile());
        Waveform wave = WavFiles.read(file);
        assertEquals(500, wave.length());
        for (int i = 0; i < 1000; i++) {
            int sample = noise[3 * i] & 0xff | (noise[3 * i + 1] & 0xff) << 8 | noise[3 * i + 2] << 16;
            assertEquals(sample / 8388608f, wave.channel(i % 2)[i / 2]);
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {0xffff_ffffL, 0x7fff_ffffL, 100})
    void dataSizesBeyondTheFileMeanToItsEnd(long claimed) {
        WavBuilder wav = new WavBuilder(1, 1, 16_000, 16).samples(0.5, 0.25);
        assertArrayEquals(
                new float[] {0.5f, 0.25f}, read(wav.dataSize(claimed).bytes()).channel(0));
    }

    @Test
    void riffSizeIsNotBelieved() {
        byte[] bytes = new WavBuilder(1, 1, 16_000, 16).samples(0.5, 0.25).bytes();
        Arrays.fill(bytes, 4, 8, (byte) 0);
        assertEquals(2, read(bytes).length());
    }

    @Test
    void otherChunksAreSkippedAndOddOnesPadded() {
        byte[] bytes =
                new WavBuilder(1, 1, 8000, 16).chunk("LIST", 7).samples(0.5).bytes();
        assertArrayEquals(new float[] {0.5f}, read(bytes).channel(0));
    }

    @Test
    void halfAFrameAtTheEndIsDropped() {
        byte[] bytes = new WavBuilder(1, 2, 8000, 16).samples(0.5, 0.25, 0.125).bytes();
        assertEquals(1, read(bytes).length());
    }

    @Test
    void notANumberIsSilent() {
        byte[] bytes = new WavBuilder(3, 1, 8000, 32)
                .samples(Double.NaN, Double.POSITIVE_INFINITY, 0.5)
                .bytes();
        assertArrayEquals(new float[] {0, 0, 0.5f}, read(bytes).channel(0));
    }

    @Test
    void unusableFilesAreNamedErrors() {
        assertMessage(new byte[0], "x.wav: expected a WAV file, got an empty file");
        assertMessage(new byte[11], "expected a WAV file");
        assertMessage("OggS and so on..".getBytes(java.nio.charset.StandardCharsets.US_ASCII), "other first bytes");
        assertMessage(new WavBuilder(1, 1, 16_000, 16).bytes(), "expected at least one sample");
        assertMessage(new WavBuilder(1, 1, 16_000, 16).samples(0.5).withoutData(), "expected a data chunk");
        assertMessage(new WavBuilder(1, 1, 16_000, 8).samples(0.5).bytes(), "PCM of 16, 24 or 32 bits");
        assertMessage(new WavBuilder(3, 1, 16_000, 64).samples(0.5).bytes(), "tag 3 with 64");
        assertMessage(new WavBuilder(85, 1, 16_000, 16).samples(0.5).bytes(), "tag 85 with 16");
        assertMessage(new WavBuilder(1, 9, 16_000, 16).samples(0.5).bytes(), "9 channels at 16000 Hz");
        assertMessage(new WavBuilder(1, 1, 3999, 16).samples(0.5).bytes(), "1 channels at 3999 Hz");
        assertMessage(new WavBuilder(1, 1, 192_001, 16).samples(0.5).bytes(), "at 192001 Hz");
    }

    @Test
    void lengthIsLimitedBeforeMemoryIsTaken() {
        byte[] bytes = new WavBuilder(1, 1, 8000, 16).samples(new double[8001]).bytes();
        assertThrows(MediaException.class, () -> read(bytes, new AudioLimits(1, 1 << 20)));
        assertThrows(MediaException.class, () -> read(bytes, new AudioLimits(10, 8000)));
        assertEquals(8001, read(bytes, new AudioLimits(2, 8001)).length());
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 8})
    void writtenFilesReadBack(int channels) {
        float[][] x = new float[channels][];
        for (int c = 0; c < channels; c++) {
            x[c] = FbankTest.noise(40_000, c);
        }
        Waveform wave = new Waveform(x, 22_050);
        Path file = folder.resolve("deep/er/out.wav");
        WavFiles.write(file, wave, WavFiles.Encoding.FLOAT32);
        Waveform floats = WavFiles.read(file);
        WavFiles.write(file, wave, WavFiles.Encoding.PCM16);
        Waveform integers = WavFiles.read(file);
        for (int c = 0; c < channels; c++) {
            assertArrayEquals(x[c], floats.channel(c));
            float[] clipped = x[c].clone();
            for (int i = 0; i < clipped.length; i++) {
                clipped[i] = Math.clamp(clipped[i], -1, 32_767 / 32_768f);
            }
            assertArrayEquals(clipped, integers.channel(c), 0.5f / 32_768);
        }
        assertEquals(1, file.getParent().toFile().list().length, "no temporary file stays behind");
    }

    @Test
    void missingFileIsAnInputError() {
        assertThrows(UncheckedIOException.class, () -> WavFiles.read(folder.resolve("none.wav")));
        assertTrue(Files.notExists(folder.resolve("none.wav")));
    }

    @Test
    void loudnessOfKnownSignals() {
        float[] sine = new float[16_000];
        float[] square = new float[16_000];
        for (int i = 0; i < sine.length; i++) {
            sine[i] = (float) Math.sin(2 * Math.PI * 440 * i / 16_000);
            square[i] = i % 2 == 0 ? 1 : -1;
        }
        assertEquals(-3.0103, Loudness.dbfs(sine), 1e-3);
        assertEquals(0, Loudness.dbfs(square), 1e-9);
        assertEquals(Double.NEGATIVE_INFINITY, Loudness.dbfs(new float[10]));
        assertEquals(Double.NEGATIVE_INFINITY, Loudness.dbfs(new float[0]));
    }

    @Test
    @Tag("fuzz")
    void damagedWavIsReadOrRefusedByName() {
        List<byte[]> seeds = List.of(
                new WavBuilder(1, 1, 16_000, 16).samples(0.5, 0.25, -0.5).bytes(),
                new WavBuilder(1, 3, 48_000, 24)
                        .chunk("LIST", 9)
                        .samples(new double[30])
                        .bytes(),
                new WavBuilder(65_534, 2, 44_100, 32)
                        .floats(true)
                        .samples(new double[20])
                        .bytes());
        AudioLimits limits = new AudioLimits(60, 1 << 20);
        var outcome = new MutationFuzzer(seeds, f -> read(f, limits), f -> {}).run(20_000, 9);
        assertTrue(outcome.accepted() > 1000 && outcome.refused() > 1000, outcome.toString());
    }
}
