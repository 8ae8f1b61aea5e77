package dev.earshot.tools.parity.kinds;

import com.fasterxml.jackson.databind.JsonNode;
import dev.earshot.segmentation.audio.AstAudio;
import dev.earshot.segmentation.audio.Fbank;
import dev.earshot.segmentation.audio.FbankOptions;
import dev.earshot.segmentation.audio.FbankOptions.Energy;
import dev.earshot.segmentation.audio.FbankOptions.Window;
import dev.earshot.segmentation.audio.ImageBindAudio;
import dev.earshot.segmentation.audio.Waveform;
import dev.earshot.tensor.HostTensor;
import dev.earshot.tools.parity.GoldenCase;
import dev.earshot.tools.parity.KindRunner;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Log-mel filter banks and the audio inputs made of them. */
public final class FbankKinds {
    /** Kind to runner. */
    public static final Map<String, KindRunner> RUNNERS = Map.of(
            "fbank.imagebind", KindRunner.onHost(FbankKinds::imageBind),
            "fbank.silence", KindRunner.onHost(FbankKinds::silence),
            "fbank.ast", KindRunner.onHost(FbankKinds::ast),
            "ast.frontend", KindRunner.onHost(FbankKinds::astFrontend),
            "fbank.options", KindRunner.onHost(FbankKinds::options));

    private static final int RATE = 16_000;

    private FbankKinds() {}

    private static Map<String, HostTensor> imageBind(GoldenCase golden) {
        int bins = golden.intOption("num_mel_bins");
        Fbank fbank = new Fbank(new FbankOptions(
                golden.intOption("sample_rate"),
                golden.numberOption("frame_length_ms"),
                golden.numberOption("frame_shift_ms"),
                window(golden),
                bins,
                golden.numberOption("low_freq"),
                golden.numberOption("high_freq"),
                golden.numberOption("preemphasis"),
                golden.config().path("remove_dc").asBoolean(),
                true,
                Energy.NONE,
                true,
                true,
                false));
        ImageBindAudio audio = new ImageBindAudio(
                fbank,
                golden.intOption("target_length"),
                (float) golden.numberOption("mean"),
                (float) golden.numberOption("std"),
                golden.intOption("clip_seconds"),
                golden.intOption("clips"),
                false);
        Waveform wave = wave(golden.input("wave"));
        ImageBindAudio.Range first = audio.ranges(wave.length())[0];
        float[] centred = withoutMean(wave.slice(first.from(), first.to())).channel(golden.intOption("channel_used"));
        float[] rows = fbank.apply(centred);
        float[][] filters = fbank.melFilters();

        Map<String, HostTensor> results = new LinkedHashMap<>();
        results.put("mid.clip_ranges", ranges(audio, wave));
        results.put("mid.window", HostTensor.of(fbank.window(), fbank.window().length));
        results.put(
                "mid.mel_banks", HostTensor.of(HostTensors.join(List.of(filters)), filters.length, filters[0].length));
        results.put("expected.clip0_fbank", HostTensor.of(rows, rows.length / bins, bins));
        results.put(
                "expected.mel",
                HostTensor.of(
                        HostTensors.join(List.of(audio.clips(wave))), audio.clips(), 1, bins, audio.targetFrames()));
        return results;
    }

    private static Map<String, HostTensor> silence(GoldenCase golden) {
        ImageBindAudio audio = ImageBindAudio.STANDARD;
        Waveform wave = wave(golden.input("wave"));
        int bins = audio.fbank().options().melBins();
        return Map.of(
                "mid.clip_ranges", ranges(audio, wave),
                "expected.mel", HostTensor.of(audio.clips(wave)[0], 1, 1, bins, audio.targetFrames()));
    }

    private static Map<String, HostTensor> ast(GoldenCase golden) {
        Fbank fbank = new Fbank(
                FbankOptions.IMAGEBIND.withWindow(window(golden)).withMelBins(golden.intOption("num_mel_bins")));
        float[] samples = golden.input("wave").toFloats();
        AstAudio original = ast(golden, fbank, true);
        return Map.of(
                "expected.fbank", rows(original.features(samples), fbank),
                "expected.input_values", rows(original.apply(samples), fbank),
                "expected.fbank_hf", rows(ast(golden, fbank, false).features(samples), fbank));
    }

    private static AstAudio ast(GoldenCase golden, Fbank fbank, boolean subtractMean) {
        return new AstAudio(
                fbank,
                golden.intOption("target_length"),
                (float) golden.numberOption("mean"),
                (float) golden.numberOption("std"),
                subtractMean);
    }

    private static Map<String, HostTensor> astFrontend(GoldenCase golden) {
        FbankOptions options = FbankOptions.IMAGEBIND.withMelBins(golden.intOption("mel_bins"));
        Fbank fbank = new Fbank(options);
        Map<String, HostTensor> results = new LinkedHashMap<>();
        int index = 0;
        for (JsonNode one : golden.config().path("cases")) {
            AstAudio audio = new AstAudio(
                    fbank,
                    one.path("max_length").asInt(),
                    (float) one.path("mean").asDouble(),
                    (float) one.path("std").asDouble(),
                    false);
            float[] samples = golden.input("wave" + index).toFloats();
            results.put("expected.input_values" + index, rows(audio.apply(samples), fbank));
            index++;
        }
        return results;
    }

    /** The four settings are described in words in the case; these are they. */
    private static Map<String, HostTensor> options(GoldenCase golden) {
        float[] samples = golden.input("wave").toFloats();
        Map<String, FbankOptions> settings = Map.of(
                "povey_23", FbankOptions.KALDI,
                "energy_first_40",
                        new FbankOptions(
                                RATE,
                                25,
                                10,
                                Window.HAMMING,
                                40,
                                20,
                                0,
                                0.97,
                                true,
                                true,
                                new Energy(Energy.Place.FIRST, true, 0),
                                true,
                                true,
                                false),
                "energy_last_40_nosnip",
                        new FbankOptions(
                                RATE,
                                25,
                                10,
                                Window.POVEY,
                                40,
                                20,
                                0,
                                0.97,
                                true,
                                false,
                                new Energy(Energy.Place.LAST, false, 1),
                                true,
                                true,
                                false),
                "linear_mag_30_band",
                        new FbankOptions(
                                RATE,
                                25,
                                10,
                                Window.BLACKMAN,
                                30,
                                60,
                                -400,
                                0,
                                false,
                                true,
                                Energy.NONE,
                                false,
                                false,
                                false));
        Map<String, HostTensor> results = new LinkedHashMap<>();
        settings.forEach((name, options) -> {
            Fbank fbank = new Fbank(options);
            results.put("expected." + name, rows(fbank.apply(samples), fbank));
        });
        return results;
    }

    private static Window window(GoldenCase golden) {
        return Window.valueOf(golden.config().path("window").asText().toUpperCase(Locale.ROOT));
    }

    private static HostTensor rows(float[] values, Fbank fbank) {
        int columns = fbank.options().columns();
        return HostTensor.of(values, values.length / columns, columns);
    }

    private static Waveform wave(HostTensor channels) {
        float[] all = channels.toFloats();
        int count = Math.toIntExact(channels.shape().dim(0));
        int length = all.length / count;
        float[][] split = new float[count][];
        for (int c = 0; c < count; c++) {
            split[c] = Arrays.copyOfRange(all, c * length, (c + 1) * length);
        }
        return new Waveform(split, RATE);
    }

    private static Waveform withoutMean(Waveform wave) {
        double sum = 0;
        for (int c = 0; c < wave.channels(); c++) {
            for (float sample : wave.channel(c)) {
                sum += sample;
            }
        }
        float mean = (float) (sum / ((double) wave.channels() * wave.length()));
        Waveform centred = wave.copy();
        for (int c = 0; c < centred.channels(); c++) {
            for (int i = 0; i < centred.length(); i++) {
                centred.channel(c)[i] -= mean;
            }
        }
        return centred;
    }

    private static HostTensor ranges(ImageBindAudio audio, Waveform wave) {
        int[] flat = Arrays.stream(audio.ranges(wave.length()))
                .flatMapToInt(range -> java.util.stream.IntStream.of(range.from(), range.to()))
                .toArray();
        return HostTensors.of(flat, flat.length / 2, 2);
    }
}
