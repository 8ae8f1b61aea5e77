package dev.earshot.tools.parity.kinds;

import dev.earshot.models.sam.SamDecoder;
import dev.earshot.models.sam.SamEmbedding;
import dev.earshot.models.sam.SamGrid;
import dev.earshot.models.sam.SamObserver;
import dev.earshot.models.sam.SamOptions;
import dev.earshot.models.sam.SamPrompts;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.HostTensor;
import dev.earshot.tensor.Tensor;
import dev.earshot.tools.parity.GoldenCase;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Prompts of SAM's cases, what decoding them gives, and intermediates in the cases' layouts. */
final class SamCases {
    private static final long PASS_BYTES = 200_000;

    private SamCases() {}

    /** Passes of two prompts or so at the sizes of the small cases, so that these take several. */
    static SamOptions options(DType compute, double eps) {
        return SamOptions.DEFAULT
                .withCompute(compute)
                .withDecoderEps((float) eps)
                .withPassBytes(PASS_BYTES);
    }

    /** What decoding gave: [prompts, M, h, w] and [prompts, M]. */
    record Masks(float[] logits, float[] iou, int prompts, int perPrompt, long height, long width) {
        void put(Results results, String masks, String iouName, long... leading) {
            long[] sizes = Arrays.copyOf(leading, leading.length + 3);
            sizes[leading.length] = perPrompt;
            sizes[leading.length + 1] = height;
            sizes[leading.length + 2] = width;
            results.put(masks, logits, sizes);
            results.put(iouName, iou, Arrays.copyOf(sizes, leading.length + 1));
        }

        /** These masks before those of {@code other}, prompt by prompt. */
        Masks with(Masks other) {
            return new Masks(
                    interleave(logits, other.logits, prompts),
                    interleave(iou, other.iou, prompts),
                    prompts,
                    perPrompt + other.perPrompt,
                    height,
                    width);
        }

        private static float[] interleave(float[] first, float[] second, int rows) {
            int left = first.length / rows;
            int right = second.length / rows;
            float[] joined = new float[first.length + second.length];
            for (int row = 0; row < rows; row++) {
                System.arraycopy(first, row * left, joined, row * (left + right), left);
                System.arraycopy(second, row * right, joined, row * (left + right) + left, right);
            }
            return joined;
        }
    }

    /** All prompts, in as many passes as it takes. */
    static Masks decode(Backend b, SamDecoder decoder, SamEmbedding image, SamPrompts prompts, boolean multimask) {
        List<float[]> logits = new ArrayList<>();
        List<float[]> iou = new ArrayList<>();
        List<long[]> sizes = new ArrayList<>();
        decoder.decode(image, prompts, multimask, (first, masks, quality) -> {
            logits.add(b.download(masks));
            iou.add(quality);
            sizes.add(masks.shape().toArray());
        });
        long[] size = sizes.getFirst();
        return new Masks(
                HostTensors.join(logits), HostTensors.join(iou), prompts.count(), (int) size[1], size[2], size[3]);
    }

    /** The names in a group of all tensors that match. */
    static TreeSet<String> subcases(GoldenCase golden, Pattern pattern, int group) {
        TreeSet<String> names = new TreeSet<>();
        for (String tensor : golden.tensorNames()) {
            Matcher match = pattern.matcher(tensor);
            if (match.matches()) {
                names.add(match.group(group));
            }
        }
        return names;
    }

    /** Points [B, P, 2], labels [B, P], boxes [B, 4], masks [B, 1, h, w]. */
    static SamPrompts prompts(
            Optional<HostTensor> points,
            Optional<HostTensor> labels,
            Optional<HostTensor> boxes,
            Optional<HostTensor> masks) {
        long count = points.or(() -> boxes)
                .or(() -> masks)
                .map(each -> each.shape().dim(0))
                .orElse(1L);
        return new SamPrompts(
                points.map(HostTensor::toFloats).orElse(new float[0]),
                labels.map(SamCases::integers).orElse(new int[0]),
                points.map(each -> Math.toIntExact(each.shape().dim(1))).orElse(0),
                boxes.map(HostTensor::toFloats).orElse(new float[0]),
                masks.map(HostTensor::toFloats).orElse(new float[0]),
                Math.toIntExact(count));
    }

    private static int[] integers(HostTensor labels) {
        float[] values = labels.toFloats();
        int[] integers = new int[values.length];
        for (int i = 0; i < values.length; i++) {
            integers[i] = (int) values[i];
        }
        return integers;
    }

    /** Input {@code name} if {@code kind} is among {@code kinds}. */
    static Optional<HostTensor> input(GoldenCase golden, List<String> kinds, String kind, String name) {
        return kinds.contains(kind) ? Optional.of(golden.input(name)) : Optional.empty();
    }

    /** Keeps the intermediates that the case holds, in its layouts. */
    static SamObserver intermediates(GoldenCase golden, Results results, String prefix, SamGrid grid) {
        return (name, tensor) -> {
            switch (name) {
                case "tokens" -> putLast(golden, results, prefix + "sparse", tensor);
                case "dense" -> putIfThere(golden, results, prefix + name, tensor, grid);
                case "masks" -> putAllMasks(golden, results, prefix + "all_masks", tensor);
                case "iou" -> putIfHeld(golden, results, prefix + "all_iou", tensor);
                default -> putIfHeld(golden, results, prefix + name, tensor);
            }
        };
    }

    private static void putIfHeld(GoldenCase golden, Results results, String name, Tensor tensor) {
        if (golden.has(name)) {
            Tensor shaped = tensor.isContiguous()
                    ? tensor.reshape(golden.tensor(name).shape().toArray())
                    : tensor;
            results.put(name, shaped);
        }
    }

    private static void putIfThere(GoldenCase golden, Results results, String name, Tensor rows, SamGrid grid) {
        if (golden.has(name)) {
            SamKinds.putPlanes(results, name, rows, grid);
        }
    }

    /** The prompt's tokens, which come last. */
    private static void putLast(GoldenCase golden, Results results, String name, Tensor tokens) {
        if (golden.has(name)) {
            long count = golden.tensor(name).shape().dim(1);
            results.put(name, tokens.slice(1, tokens.dim(1) - count, tokens.dim(1)));
        }
    }

    /** Masks of SAM's tokens; a case of HQ-SAM has the HQ mask behind them, which comes later and by itself. */
    private static void putAllMasks(GoldenCase golden, Results results, String name, Tensor masks) {
        if (golden.has(name) && golden.tensor(name).shape().dim(1) == masks.dim(1)) {
            results.put(name, masks);
        }
    }
}
