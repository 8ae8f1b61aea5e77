package dev.earshot.tools.parity.kinds;

import com.fasterxml.jackson.databind.JsonNode;
import dev.earshot.segmentation.audio.Resample;
import dev.earshot.segmentation.image.Filter;
import dev.earshot.segmentation.image.ImagePreprocess;
import dev.earshot.segmentation.image.ImagePreprocess.PerChannel;
import dev.earshot.segmentation.image.ImagePreprocess.Resize;
import dev.earshot.segmentation.image.RgbImage;
import dev.earshot.tensor.HostTensor;
import dev.earshot.tools.parity.GoldenCase;
import dev.earshot.tools.parity.KindRunner;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.stream.StreamSupport;

/** Pictures and sound before the networks: resampling and preprocessing. Filter banks: {@link FbankKinds}. */
public final class MediaKinds {
    /** Kind to runner. */
    public static final Map<String, KindRunner> RUNNERS = Map.of(
            "audio.resample", KindRunner.onHost(MediaKinds::resample),
            "image.preprocess", KindRunner.onHost(MediaKinds::preprocess),
            "image.resize_bilinear_u8", KindRunner.onHost(MediaKinds::resizeBilinear),
            "clip.preprocess", KindRunner.onHost(MediaKinds::clipPreprocess));

    private static final PerChannel IMAGENET_MEAN = ImagePreprocess.DINO.mean();
    private static final PerChannel IMAGENET_STD = ImagePreprocess.DINO.std();

    private MediaKinds() {}

    private static Map<String, HostTensor> resample(GoldenCase golden) {
        if (golden.intOption("lowpass_filter_width") != 6 || golden.numberOption("rolloff") != 0.99) {
            throw new IllegalArgumentException("resample: only filter width 6 and rolloff 0.99 are built");
        }
        Map<String, HostTensor> results = new LinkedHashMap<>();
        String prefix = "input.wave_";
        for (String name : golden.tensorNames()) {
            if (name.startsWith(prefix)) {
                String rate = name.substring(prefix.length());
                float[] out = new Resample(Integer.parseInt(rate), 16_000)
                        .apply(golden.tensor(name).toFloats());
                results.put("expected.to16k_" + rate, HostTensor.of(out, 1, out.length));
            }
        }
        return results;
    }

    private static Map<String, HostTensor> preprocess(GoldenCase golden) {
        RgbImage image = image(golden.input("image"));
        Map<String, HostTensor> results = new LinkedHashMap<>();
        golden.config().properties().forEach(entry -> {
            String name = entry.getKey();
            ImagePreprocess way = preprocess(entry.getValue());
            putIfWanted(golden, results, "mid." + name + "_resized", bytes(way.resized(image)));
            putIfWanted(golden, results, "expected." + name + "_uint8", bytes(way.cropped(image)));
            putIfWanted(golden, results, "expected." + name, floats(way, way.cropped(image)));
        });
        return results;
    }

    private static ImagePreprocess preprocess(JsonNode options) {
        JsonNode square = options.path("square");
        Resize resize = square.isArray()
                ? new Resize.Exact(square.get(1).asInt(), square.get(0).asInt())
                : new Resize.ShortSide(options.path("short_side").asInt());
        return new ImagePreprocess(
                resize,
                options.path("crop").asInt(0),
                Filter.valueOf(options.path("filter").asText().toUpperCase(Locale.ROOT)),
                perChannel(options.path("mean")),
                perChannel(options.path("std")));
    }

    private static Map<String, HostTensor> resizeBilinear(GoldenCase golden) {
        JsonNode size = golden.config().path("out_hw");
        Resize resize = new Resize.Exact(size.get(1).asInt(), size.get(0).asInt());
        ImagePreprocess way = new ImagePreprocess(resize, 0, Filter.BILINEAR, IMAGENET_MEAN, IMAGENET_STD);
        RgbImage resized = way.resized(image(golden.input("image")));
        return Map.of("expected.resized", bytes(resized), "expected.normalised", floats(way, resized));
    }

    private static Map<String, HostTensor> clipPreprocess(GoldenCase golden) {
        int side = golden.intOption("n_px");
        ImagePreprocess way = new ImagePreprocess(
                new Resize.ShortSide(side),
                side,
                Filter.BICUBIC,
                perChannel(golden.config().path("mean")),
                perChannel(golden.config().path("std")));
        Map<String, HostTensor> results = new LinkedHashMap<>();
        for (int i = 0; golden.has("input.image" + i); i++) {
            RgbImage image = image(golden.input("image" + i));
            results.put("mid.resized" + i, bytes(way.resized(image)));
            results.put("expected.pixel_values" + i, floats(way, way.cropped(image)));
        }
        return results;
    }

    private static PerChannel perChannel(JsonNode three) {
        double[] v = StreamSupport.stream(three.spliterator(), false)
                .mapToDouble(JsonNode::asDouble)
                .toArray();
        return new PerChannel((float) v[0], (float) v[1], (float) v[2]);
    }

    private static void putIfWanted(
            GoldenCase golden, Map<String, HostTensor> results, String name, HostTensor tensor) {
        if (golden.has(name)) {
            results.put(name, tensor);
        }
    }

    private static RgbImage image(HostTensor hwc) {
        return new RgbImage(
                Math.toIntExact(hwc.shape().dim(1)), Math.toIntExact(hwc.shape().dim(0)), HostTensors.toBytes(hwc));
    }

    private static HostTensor bytes(RgbImage image) {
        return HostTensors.of(image.rgb(), image.height(), image.width(), 3);
    }

    private static HostTensor floats(ImagePreprocess way, RgbImage image) {
        return HostTensor.of(way.normalised(image), 3, image.height(), image.width());
    }
}
