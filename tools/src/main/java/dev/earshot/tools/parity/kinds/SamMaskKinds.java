package dev.earshot.tools.parity.kinds;

import com.fasterxml.jackson.databind.JsonNode;
import dev.earshot.segmentation.BinaryMask;
import dev.earshot.segmentation.image.ImagePreprocess.PerChannel;
import dev.earshot.segmentation.image.RgbImage;
import dev.earshot.segmentation.sam.MaskLogits;
import dev.earshot.segmentation.sam.MaskReader;
import dev.earshot.segmentation.sam.NonMaxSuppression;
import dev.earshot.segmentation.sam.SamTransform;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.HostTensor;
import dev.earshot.tensor.MaskResize;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.Workspace;
import dev.earshot.tools.parity.GoldenCase;
import dev.earshot.tools.parity.KindRunner;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.IntStream;

/** What comes before and after SAM's networks: pictures, prompts, masks, overlapping boxes. */
public final class SamMaskKinds {
    /** Kind to runner. */
    public static final Map<String, KindRunner> RUNNERS = Map.of(
            "nms",
            KindRunner.onHost(SamMaskKinds::nms),
            "sam.amg",
            SamGeneratorKind::run,
            "sam.postprocess",
            SamMaskKinds::postprocess,
            "sam.preprocess",
            KindRunner.onHost(SamMaskKinds::preprocess));

    private SamMaskKinds() {}

    private static Map<String, HostTensor> nms(GoldenCase golden) {
        double threshold = golden.numberOption("iou_threshold");
        float[] scores = golden.input("scores").toFloats();
        int[] plain = NonMaxSuppression.plain(golden.input("boxes").toFloats(), scores, threshold);
        int[] plusOne = NonMaxSuppression.plusOne(HostTensors.toInts(golden.input("boxes_int")), scores, threshold);
        return Map.of(
                "expected.keep_plain", HostTensors.of(plain, plain.length),
                "expected.keep_plus_one", HostTensors.of(plusOne, plusOne.length));
    }

    private static Map<String, HostTensor> preprocess(GoldenCase golden) {
        int side = golden.intOption("long_side");
        SamTransform transform =
                new SamTransform(side, perChannel(golden, "pixel_mean"), perChannel(golden, "pixel_std"));
        Map<String, HostTensor> results = new LinkedHashMap<>();
        for (int i = 0; golden.has("input." + i + ".image_hwc"); i++) {
            HostTensor hwc = golden.input(i + ".image_hwc");
            int height = Math.toIntExact(hwc.shape().dim(0));
            int width = Math.toIntExact(hwc.shape().dim(1));
            RgbImage image = new RgbImage(width, height, HostTensors.toBytes(hwc));
            RgbImage resized = transform.resized(image);
            results.put(
                    "mid." + i + ".resized_hwc", HostTensors.of(resized.rgb(), resized.height(), resized.width(), 3));
            results.put(
                    "expected." + i + ".pixel_values", transform.apply(image).reshape(3, side, side));
            SamTransform.Geometry geometry = transform.geometry(width, height);
            for (String prompts : new String[] {"points", "boxes"}) {
                HostTensor given = golden.input(i + "." + prompts);
                float[] mapped = geometry.toFrame(doubles(given.toFloats()));
                results.put(
                        "expected." + i + "." + prompts,
                        HostTensor.of(mapped, given.shape().toArray()));
            }
        }
        return results;
    }

    private static Map<String, HostTensor> postprocess(GoldenCase golden, Backend backend, DType compute) {
        int side = golden.intOption("img_size");
        float threshold = (float) golden.numberOption("mask_threshold");
        Map<String, HostTensor> results = new LinkedHashMap<>();
        JsonNode items = golden.config().path("items");
        for (int i = 0; i < items.size(); i++) {
            JsonNode inset = items.get(i).path("input_size_hw");
            JsonNode size = items.get(i).path("original_size_hw");
            MaskResize resize = new MaskResize(
                    side,
                    side,
                    inset.get(0).asInt(),
                    inset.get(1).asInt(),
                    size.get(0).asInt(),
                    size.get(1).asInt());
            putMasks(golden.input(i + ".low_res_masks"), resize, threshold, backend, i, results);
        }
        return results;
    }

    private static void putMasks(
            HostTensor low,
            MaskResize resize,
            float threshold,
            Backend backend,
            int item,
            Map<String, HostTensor> results) {
        long[] dims = low.shape().toArray(); // [B, C, h, w]
        int count = Math.toIntExact(dims[0] * dims[1]);
        MaskResize whole = new MaskResize(
                resize.frameHeight(),
                resize.frameWidth(),
                resize.frameHeight(),
                resize.frameWidth(),
                resize.frameHeight(),
                resize.frameWidth());
        results.put("mid." + item + ".upscaled", resized(low, whole));
        results.put("expected." + item + ".logits", resized(low, resize));
        int pixels = resize.height() * resize.width();
        byte[] masks = new byte[count * pixels];
        try (MaskReader reader = new MaskReader(backend);
                Workspace ws = backend.workspace(0)) {
            Tensor logits = backend.upload(ws, low.reshape(count, dims[2], dims[3]), DType.F32);
            int[] all = IntStream.range(0, count).toArray();
            reader.read(logits, all, resize, threshold, (n, mask) -> copy(mask, masks, n * pixels));
        }
        results.put(
                "expected." + item + ".mask", HostTensors.of(masks, dims[0], dims[1], resize.height(), resize.width()));
    }

    private static void copy(BinaryMask mask, byte[] pixels, int at) {
        byte[] own = mask.toBytes((byte) 1);
        System.arraycopy(own, 0, pixels, at, own.length);
    }

    private static HostTensor resized(HostTensor low, MaskResize resize) {
        long[] dims = low.shape().toArray();
        int plane = Math.toIntExact(dims[2] * dims[3]);
        float[] values = low.toFloats();
        int pixels = resize.height() * resize.width();
        float[] out = new float[values.length / plane * pixels];
        for (int n = 0; n * plane < values.length; n++) {
            float[] one = Arrays.copyOfRange(values, n * plane, (n + 1) * plane);
            MaskLogits logits = new MaskLogits((int) dims[2], (int) dims[3], one).resized(resize);
            System.arraycopy(logits.values(), 0, out, n * pixels, pixels);
        }
        return HostTensor.of(out, dims[0], dims[1], resize.height(), resize.width());
    }

    private static PerChannel perChannel(GoldenCase golden, String option) {
        JsonNode v = golden.config().path(option);
        return new PerChannel((float) v.get(0).asDouble(), (float) v.get(1).asDouble(), (float)
                v.get(2).asDouble());
    }

    private static double[] doubles(float[] values) {
        return IntStream.range(0, values.length).mapToDouble(i -> values[i]).toArray();
    }
}
