package dev.earshot.tools.parity.kinds;

import com.fasterxml.jackson.databind.JsonNode;
import dev.earshot.segmentation.PixelBox;
import dev.earshot.segmentation.sam.CandidateSource;
import dev.earshot.segmentation.sam.Crop;
import dev.earshot.segmentation.sam.GeneratedMask;
import dev.earshot.segmentation.sam.GeneratorSettings;
import dev.earshot.segmentation.sam.MaskBox;
import dev.earshot.segmentation.sam.MaskMeasure;
import dev.earshot.segmentation.sam.MaskReader;
import dev.earshot.segmentation.sam.MaskSelection;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.HostTensor;
import dev.earshot.tensor.MaskResize;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.Workspace;
import dev.earshot.tools.parity.GoldenCase;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** The mask generator behind the network, run on given logits. */
final class SamGeneratorKind {
    private final GoldenCase golden;
    private final Backend backend;
    private final int width;
    private final int height;
    private final int repeat;
    private final Map<String, HostTensor> results = new LinkedHashMap<>();

    private SamGeneratorKind(GoldenCase golden, Backend backend) {
        this.golden = golden;
        this.backend = backend;
        this.width = golden.intOption("image_w");
        this.height = golden.intOption("image_h");
        this.repeat = golden.intOption("logits_repeat");
    }

    static Map<String, HostTensor> run(GoldenCase golden, Backend backend, DType compute) {
        SamGeneratorKind kind = new SamGeneratorKind(golden, backend);
        GeneratorSettings settings = kind.settings();
        List<Crop> crops = settings.crops(kind.width, kind.height);
        kind.putCrops(crops);
        try (MaskSelection selection = new MaskSelection(backend, settings)) {
            for (int i = 0; i < crops.size(); i++) {
                kind.putCandidates("mid.crop" + i, crops, i, settings);
                kind.putKept(
                        "mid.crop" + i,
                        selection.ofCrop(kind.new GivenLogits(crops), crops.get(i), kind.width, kind.height));
            }
        }
        List<GeneratedMask> plain = kind.select(settings, crops);
        kind.putRecords("expected.plain", plain);
        kind.requireStrings(plain);
        JsonNode least = golden.description().path("min_area_case").path("min_mask_region_area");
        kind.putRecords(
                "expected.min_area",
                kind.select(settings.toBuilder().minRegionArea(least.asLong()).build(), crops));
        return kind.results;
    }

    private GeneratorSettings settings() {
        return GeneratorSettings.builder()
                .pointsPerSide(golden.intOption("points_per_side"))
                .pointsPerBatch(golden.intOption("points_per_batch"))
                .cropLayers(golden.intOption("crop_n_layers"))
                .cropPointsDownscale(golden.intOption("crop_n_points_downscale_factor"))
                .cropOverlapRatio(golden.numberOption("crop_overlap_ratio"))
                .maskThreshold((float) golden.numberOption("mask_threshold"))
                .predictedIouThreshold((float) golden.numberOption("pred_iou_thresh"))
                .stabilityThreshold((float) golden.numberOption("stability_score_thresh"))
                .stabilityOffset((float) golden.numberOption("stability_score_offset"))
                .boxNmsThreshold(golden.numberOption("box_nms_thresh"))
                .cropNmsThreshold(golden.numberOption("crop_nms_thresh"))
                .minRegionArea(golden.intOption("min_mask_region_area"))
                .build();
    }

    private List<GeneratedMask> select(GeneratorSettings settings, List<Crop> crops) {
        try (MaskSelection selection = new MaskSelection(backend, settings)) {
            return selection.select(new GivenLogits(crops), width, height);
        }
    }

    private void putCrops(List<Crop> crops) {
        results.put("expected.crop_boxes", integers(crops, 4, c -> new int[] {
            c.box().left(), c.box().top(), c.box().right(), c.box().bottom()
        }));
        results.put(
                "expected.crop_layers",
                HostTensors.of(crops.stream().mapToInt(Crop::layer).toArray(), crops.size()));
    }

    /** What is found of every candidate of a crop, those included that fail an earlier test. */
    private void putCandidates(String prefix, List<Crop> crops, int index, GeneratorSettings settings) {
        PixelBox crop = crops.get(index).box();
        try (MaskReader reader = new MaskReader(backend);
                Workspace ws = backend.workspace(0)) {
            HostTensor given = enlarged(index);
            long[] dims = given.shape().toArray();
            Tensor logits = backend.upload(ws, given.reshape(dims[0] * dims[1], dims[2], dims[3]), DType.F32);
            List<MaskMeasure> all =
                    reader.measure(logits, identity(crop), settings.maskThreshold(), settings.stabilityOffset());
            float[] stability = new float[all.size()];
            int[] near = new int[all.size()];
            for (int i = 0; i < near.length; i++) {
                stability[i] =
                        Float.isNaN(all.get(i).stability()) ? -1 : all.get(i).stability();
                MaskBox box = all.get(i).box();
                MaskBox inPicture = new MaskBox(
                        box.left() + crop.left(),
                        box.top() + crop.top(),
                        box.right() + crop.left(),
                        box.bottom() + crop.top());
                near[i] = MaskSelection.isNearCropEdge(inPicture, crop, width, height) ? 1 : 0;
            }
            results.put(prefix + ".stability_score", HostTensor.of(stability, near.length));
            results.put(prefix + ".boxes", integers(all, 4, m -> corners(m.box())));
            results.put(prefix + ".near_crop_edge", HostTensors.of(near, near.length));
        }
    }

    private void putKept(String prefix, List<GeneratedMask> kept) {
        results.put(prefix + ".kept_boxes", integers(kept, 4, m -> corners(m.box())));
        results.put(prefix + ".kept_iou", numbers(kept, m -> m.predictedIou()));
        results.put(prefix + ".kept_stability", numbers(kept, m -> m.stability()));
        results.put(prefix + ".kept_points", points(kept));
    }

    private void putRecords(String prefix, List<GeneratedMask> masks) {
        results.put(prefix + ".bbox_xywh", integers(masks, 4, GeneratedMask::bbox));
        results.put(prefix + ".crop_box_xywh", integers(masks, 4, GeneratedMask::cropBox));
        results.put(
                prefix + ".area",
                HostTensors.of(masks.stream().mapToInt(m -> (int) m.area()).toArray(), masks.size()));
        results.put(prefix + ".predicted_iou", numbers(masks, m -> m.predictedIou()));
        results.put(prefix + ".stability_score", numbers(masks, m -> m.stability()));
        results.put(prefix + ".point", points(masks));
        int[] lengths = masks.stream().mapToInt(m -> m.rle().counts().length).toArray();
        int[] counts = masks.stream()
                .flatMapToInt(m -> Arrays.stream(m.rle().counts()))
                .toArray();
        results.put(prefix + ".rle_lengths", HostTensors.of(lengths, lengths.length));
        results.put(prefix + ".rle_counts", HostTensors.of(counts, counts.length));
    }

    private void requireStrings(List<GeneratedMask> masks) {
        JsonNode strings = golden.description().path("coco_rle_strings_plain");
        for (int i = 0; i < strings.size(); i++) {
            String got = i < masks.size() ? masks.get(i).rle().compressed() : "no mask";
            if (!strings.get(i).asText().equals(got)) {
                throw new IllegalStateException("COCO string of mask %d: expected %s, got %s"
                        .formatted(i, strings.get(i).asText(), got));
            }
        }
    }

    private static int[] corners(MaskBox box) {
        return new int[] {box.left(), box.top(), box.right(), box.bottom()};
    }

    private static <T> HostTensor integers(List<T> rows, int width, Function<T, int[]> of) {
        int[] values =
                rows.stream().flatMapToInt(row -> Arrays.stream(of.apply(row))).toArray();
        return HostTensors.of(values, rows.size(), width);
    }

    private static HostTensor numbers(List<GeneratedMask> masks, Function<GeneratedMask, Float> of) {
        double[] values = masks.stream().mapToDouble(of::apply).toArray();
        return HostTensors.of(values, values.length);
    }

    private static HostTensor points(List<GeneratedMask> masks) {
        double[] xy = masks.stream()
                .flatMapToDouble(m -> Arrays.stream(new double[] {m.pointX(), m.pointY()}))
                .toArray();
        return HostTensors.of(xy, masks.size(), 2);
    }

    /** Logits that have the size of the crop already. */
    private static MaskResize identity(PixelBox crop) {
        int h = crop.height();
        int w = crop.width();
        return new MaskResize(h, w, h, w, h, w);
    }

    /** The logits of a crop, [points, masks, h, w], stored with every value but once. */
    private HostTensor enlarged(int crop) {
        HostTensor stored = golden.input("crop" + crop + ".logits");
        PixelBox box = settings().crops(width, height).get(crop).box();
        long[] dims = stored.shape().toArray();
        int planes = Math.toIntExact(dims[0] * dims[1]);
        int rows = Math.toIntExact(dims[2]);
        int columns = Math.toIntExact(dims[3]);
        float[] coarse = stored.toFloats();
        float[] fine = new float[planes * box.height() * box.width()];
        int at = 0;
        for (int n = 0; n < planes; n++) {
            for (int y = 0; y < box.height(); y++) {
                for (int x = 0; x < box.width(); x++) {
                    fine[at++] = coarse[(n * rows + y / repeat) * columns + x / repeat];
                }
            }
        }
        return HostTensor.of(fine, dims[0], dims[1], box.height(), box.width());
    }

    /** Answers every point with the logits of the case. */
    private final class GivenLogits implements CandidateSource {
        private final List<Crop> crops;

        GivenLogits(List<Crop> crops) {
            this.crops = crops;
        }

        @Override
        public View open(Crop crop) {
            int index = crops.indexOf(crop);
            Workspace ws = backend.workspace(0);
            Tensor logits = backend.upload(ws, enlarged(index), DType.F32);
            HostTensor ious = golden.input("crop" + index + ".iou_preds");
            float[] scores = ious.toFloats();
            int masks = Math.toIntExact(ious.shape().dim(1));
            return new View() {
                private int asked;

                @Override
                public MaskResize resize() {
                    return identity(crop.box());
                }

                @Override
                public void decode(double[] points, Sink sink) {
                    int end = asked + points.length / 2;
                    float[] own = Arrays.copyOfRange(scores, asked * masks, end * masks);
                    sink.accept(0, logits.slice(0, asked, end), own);
                    asked = end;
                }

                @Override
                public void close() {
                    ws.close();
                }
            };
        }
    }
}
