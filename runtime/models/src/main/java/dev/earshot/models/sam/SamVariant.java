package dev.earshot.models.sam;

import dev.earshot.tensor.weights.Weights;
import dev.earshot.tensor.weights.WeightsException;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * The published sizes of the image encoder; prompt encoder and mask decoder are the same in all. Source:
 * facebookresearch/segment-anything, segment_anything/build_sam.py.
 */
public enum SamVariant {
    VIT_B(768, 12, 12, List.of(2, 5, 8, 11), "01ec64"),
    VIT_L(1024, 24, 16, List.of(5, 11, 17, 23), "0b3195"),
    VIT_H(1280, 32, 16, List.of(7, 15, 23, 31), "4b8939");

    private static final SamGrid GRID = new SamGrid(64, 64, 16);
    private static final SamConfig.Decoder DECODER = new SamConfig.Decoder(256, 16, 2, 8, 2048, 2, 256, 3, 3);

    private final SamConfig.Encoder encoder;
    private final String fileHash;

    SamVariant(int width, int depth, int heads, List<Integer> globalBlocks, String fileHash) {
        this.encoder = new SamConfig.Encoder(width, depth, heads, 4 * width, 14, globalBlocks, 256);
        this.fileHash = fileHash;
    }

    /** All sizes of SAM, or of HQ-SAM. */
    public SamConfig config(boolean highQuality) {
        return new SamConfig(GRID, encoder, DECODER, highQuality);
    }

    /** What the authors call their file: {@code sam_vit_b_01ec64.pth}, {@code sam_hq_vit_b.pth}. */
    public String fileName(boolean highQuality) {
        return highQuality ? "sam_hq_%s.pth".formatted(this) : "sam_%s_%s.pth".formatted(this, fileHash);
    }

    /** For example {@code vit_b}. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** The variant whose sizes these are, if it is a published one. */
    public static Optional<SamVariant> of(SamConfig config) {
        return Arrays.stream(values())
                .filter(variant -> variant.config(config.highQuality()).equals(config))
                .findFirst();
    }

    /**
     * The sizes of this variant for a file that must hold it.
     *
     * @throws WeightsException if the file holds another variant, or none, saying what it looks like
     */
    public SamConfig require(Weights weights, boolean highQuality) {
        SamConfig found = SamConfig.of(weights, highQuality);
        SamConfig wanted = config(highQuality);
        if (!found.equals(wanted)) {
            throw WeightsException.of(
                    weights.source(),
                    "weights",
                    describe(wanted),
                    describe(found),
                    "give %s, converted to safetensors".formatted(fileName(highQuality)));
        }
        return wanted;
    }

    /** How messages name a model of these sizes: {@code SAM vit_b}, {@code HQ-SAM of width 96 and depth 4}. */
    static String describe(SamConfig config) {
        String size = of(config)
                .map(SamVariant::toString)
                .orElse("of width %d and depth %d"
                        .formatted(config.encoder().width(), config.encoder().depth()));
        return (config.highQuality() ? "HQ-SAM " : "SAM ") + size;
    }
}
