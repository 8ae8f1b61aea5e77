package dev.earshot.models.sam;

import dev.earshot.models.vit.LayerNorm;
import dev.earshot.models.vit.LayerNormWeights;
import dev.earshot.tensor.Activation;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.HostTensor;
import dev.earshot.tensor.Linear;
import dev.earshot.tensor.ParameterScope;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.UnaryOp;
import dev.earshot.tensor.Workspace;
import dev.earshot.tensor.weights.Weight;
import java.util.ArrayList;
import java.util.List;

/**
 * Turns prompts into tokens (on the host) and mask prompts into an addition to the image embedding (on the backend, in F32:
 * it is one per cent of a decoding). Source: facebookresearch/segment-anything, modeling/prompt_encoder.py.
 */
final class SamPromptEncoder {
    private static final int BOX_CORNERS = 2;

    private final SamGrid grid;
    private final FourierEncoding fourier;
    private final List<float[]> pointEmbeddings; // background, foreground, top left corner, bottom right corner
    private final float[] notAPoint;
    private final Tensor noMask; // F32 [E]
    private final Linear maskFirst;
    private final LayerNorm maskFirstNorm;
    private final Linear maskSecond;
    private final LayerNorm maskSecondNorm;
    private final Linear maskLast;

    /** The declared tensors. */
    record Declared(
            Weight fourier,
            List<Weight> points,
            Weight notAPoint,
            Weight noMask,
            List<Weight> kernels,
            List<Weight> biases,
            List<LayerNormWeights> norms) {
        static Declared declare(SamLoader loader, SamConfig.Decoder sizes) {
            String at = "prompt_encoder.";
            int width = sizes.width();
            int channels = sizes.maskChannels();
            List<Weight> points = new ArrayList<>();
            for (int i = 0; i < 2 + BOX_CORNERS; i++) {
                points.add(loader.tensor(at + "point_embeddings.%d.weight".formatted(i), 1, width));
            }
            String mask = at + "mask_downscaling.";
            return new Declared(
                    loader.fourier(width / 2),
                    points,
                    loader.tensor(at + "not_a_point_embed.weight", 1, width),
                    loader.tensor(at + "no_mask_embed.weight", 1, width),
                    List.of(
                            loader.tensor(mask + "0.weight", channels / 4, 1, 2, 2),
                            loader.tensor(mask + "3.weight", channels, channels / 4, 2, 2),
                            loader.tensor(mask + "6.weight", width, channels, 1, 1)),
                    List.of(
                            loader.tensor(mask + "0.bias", channels / 4),
                            loader.tensor(mask + "3.bias", channels),
                            loader.tensor(mask + "6.bias", width)),
                    List.of(loader.layerNorm(mask + "1", channels / 4), loader.layerNorm(mask + "4", channels)));
        }
    }

    SamPromptEncoder(ParameterScope scope, Declared declared, SamGrid grid) {
        this.grid = grid;
        float[] matrix = declared.fourier().read().toFloats();
        int half = matrix.length / 2;
        this.fourier = new FourierEncoding(new float[][] {
            java.util.Arrays.copyOf(matrix, half), java.util.Arrays.copyOfRange(matrix, half, 2 * half)
        });
        this.pointEmbeddings =
                declared.points().stream().map(each -> each.read().toFloats()).toList();
        this.notAPoint = declared.notAPoint().read().toFloats();
        this.noMask = scope.tensor(declared.noMask().read().reshape(2L * half), DType.F32);
        this.maskFirst = pixelsTogether(scope, declared, 0);
        this.maskFirstNorm = declared.norms().get(0).prepare(scope, SamConfig.LAYER_NORM_EPS);
        this.maskSecond = pixelsTogether(scope, declared, 1);
        this.maskSecondNorm = declared.norms().get(1).prepare(scope, SamConfig.LAYER_NORM_EPS);
        this.maskLast = pixelsTogether(scope, declared, 2);
    }

    /** A convolution whose kernel is its stride, [out, in, k, k], as a layer on rows (row, column, channel) of k k pixels. */
    private static Linear pixelsTogether(ParameterScope scope, Declared declared, int index) {
        HostTensor kernel = declared.kernels().get(index).read();
        int out = Math.toIntExact(kernel.shape().dim(0));
        int in = Math.toIntExact(kernel.shape().dim(1));
        int pixels = Math.toIntExact(kernel.shape().dim(2) * kernel.shape().dim(3));
        float[] from = kernel.toFloats();
        float[] rows = new float[from.length];
        for (int o = 0; o < out; o++) {
            for (int c = 0; c < in; c++) {
                for (int pixel = 0; pixel < pixels; pixel++) {
                    rows[(o * pixels + pixel) * in + c] = from[(o * in + c) * pixels + pixel];
                }
            }
        }
        return scope.linear(
                HostTensor.of(rows, out, (long) pixels * in),
                declared.biases().get(index).read(),
                DType.F32);
    }

    /** The positional encoding of the grid, [1, N, E]. */
    HostTensor positions() {
        return HostTensor.of(fourier.ofGrid(grid), 1, grid.tokens(), fourier.width());
    }

    /** What takes the place of a mask prompt at every position, F32 [E]. */
    Tensor noMask() {
        return noMask;
    }

    /** Tokens of each prompt, T: points, one more that is none if there are points without boxes, two corners of a box. */
    static int tokens(SamPrompts prompts) {
        int padding = prompts.pointsPerPrompt() > 0 && !prompts.hasBoxes() ? 1 : 0;
        return prompts.pointsPerPrompt() + padding + (prompts.hasBoxes() ? BOX_CORNERS : 0);
    }

    /** Writes the tokens of one prompt, T E values, from {@code at} on. */
    void encode(SamPrompts prompts, int prompt, float[] out, int at) {
        int width = fourier.width();
        int points = prompts.pointsPerPrompt();
        int next = at;
        for (int i = prompt * points; i < (prompt + 1) * points; i++, next += width) {
            point(prompts, i, out, next);
        }
        if (prompts.hasBoxes()) {
            for (int corner = 0; corner < BOX_CORNERS; corner++, next += width) {
                int from = 4 * prompt + 2 * corner;
                position(prompts.boxes()[from], prompts.boxes()[from + 1], out, next);
                add(pointEmbeddings.get(2 + corner), out, next);
            }
        } else if (points > 0) {
            System.arraycopy(notAPoint, 0, out, next, width);
        }
    }

    private void point(SamPrompts prompts, int index, float[] out, int at) {
        int label = prompts.labels()[index];
        switch (label) {
            case SamPrompts.PADDING -> System.arraycopy(notAPoint, 0, out, at, notAPoint.length);
            case SamPrompts.ZERO -> java.util.Arrays.fill(out, at, at + fourier.width(), 0);
            default -> {
                position(prompts.points()[2 * index], prompts.points()[2 * index + 1], out, at);
                add(pointEmbeddings.get(label), out, at);
            }
        }
    }

    /** Encodes a pixel by its centre. */
    private void position(float x, float y, float[] out, int at) {
        fourier.encode((x + 0.5) / grid.imageWidth(), (y + 0.5) / grid.imageHeight(), out, at);
    }

    private static void add(float[] embedding, float[] out, int at) {
        for (int i = 0; i < embedding.length; i++) {
            out[at + i] += embedding[i];
        }
    }

    /** Pixels of a mask prompt, 4 gh * 4 gw. */
    int maskPixels() {
        return 16 * grid.tokens();
    }

    /**
     * Puts one mask prompt into quad order, in which the convolutions are layers on rows.
     *
     * @param masks rows of pixels, the mask from {@code from} on
     * @param out gets {@link #maskPixels()} values from {@code at} on: grid row, grid column, then row and column within a
     *     cell's quarter, then within the quarter's pixels
     */
    void arrange(float[] masks, int from, float[] out, int at) {
        int stride = 4 * grid.columns();
        for (int cell = 0, next = at; cell < grid.tokens(); cell++) {
            int corner = from + cell / grid.columns() * 4 * stride + cell % grid.columns() * 4;
            for (int quarter = 0; quarter < 4; quarter++) {
                int pixel = corner + (quarter >> 1) * 2 * stride + (quarter & 1) * 2;
                out[next++] = masks[pixel];
                out[next++] = masks[pixel + 1];
                out[next++] = masks[pixel + stride];
                out[next++] = masks[pixel + stride + 1];
            }
        }
    }

    /**
     * The image stream of mask prompts: tokens + dense embedding of the masks.
     *
     * @param masks F32 [B, N * 4, 4], arranged
     * @param tokens F32 [1, N, E], the image embedding; or absent for the dense embedding alone
     * @param out F32 [B, N, E]
     */
    void addMasks(Backend b, Workspace ws, Tensor masks, java.util.Optional<Tensor> tokens, Tensor out) {
        try (Workspace.Frame _ = ws.frame()) {
            Tensor quarters = step(b, ws, masks, maskFirst, maskFirstNorm);
            Tensor cells = quarters.reshape(masks.dim(0), grid.tokens(), maskSecond.inputWidth());
            Tensor features = step(b, ws, cells, maskSecond, maskSecondNorm);
            if (tokens.isPresent()) {
                Tensor each = tokens.get().broadcast(out.shape().toArray());
                b.linear(features, maskLast, Activation.NONE, each, out);
            } else {
                b.linear(features, maskLast, Activation.NONE, out);
            }
        }
    }

    private static Tensor step(Backend b, Workspace ws, Tensor x, Linear layer, LayerNorm norm) {
        Tensor y = norm.apply(b, ws, b.linear(ws, x, layer, Activation.NONE), DType.F32);
        b.unary(UnaryOp.GELU, y, y);
        return y;
    }
}
