package dev.earshot.segmentation.sam;

import dev.earshot.models.sam.Sam;
import dev.earshot.models.sam.SamConfig;
import dev.earshot.models.sam.SamGrid;
import dev.earshot.models.sam.SamOptions;
import dev.earshot.segmentation.image.RgbImage;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.weights.Weights;
import java.util.List;
import java.util.Random;

/** SAM in form, with generated weights and next to no size: its masks mean nothing, their making is complete. */
public final class TinySam {
    /** Side of the frame in pixels. */
    public static final int SIDE = 80;

    /** Side of its masks. */
    public static final int LOW = 20;

    private TinySam() {}

    private static SamConfig config(int rows, int columns, boolean highQuality) {
        return new SamConfig(
                new SamGrid(rows, columns, 16),
                new SamConfig.Encoder(32, 3, 2, 128, 3, List.of(1), 32),
                new SamConfig.Decoder(32, 16, 2, 4, 48, 2, 24, 3, 3),
                highQuality);
    }

    /** Its weights, the same every time; the decoder has 4 heads. */
    public static Weights weights() {
        return Sam.filler(config(SIDE / 16, SIDE / 16, false));
    }

    /** The model. */
    public static Sam open(Backend backend, boolean highQuality, long passBytes) {
        SamConfig config = config(SIDE / 16, SIDE / 16, highQuality);
        return Sam.load(backend, Sam.filler(config), config, SamOptions.DEFAULT.withPassBytes(passBytes));
    }

    /** The model. */
    public static Sam open(Backend backend) {
        return open(backend, false, SamOptions.PASS_BYTES);
    }

    /** A model whose frame is not square. */
    static Sam openWide(Backend backend) {
        SamConfig config = config(3, 5, false);
        return Sam.load(backend, Sam.filler(config), config, SamOptions.DEFAULT);
    }

    /** A picture of coloured discs. */
    public static RgbImage picture(int width, int height, long seed) {
        Random random = new Random(seed);
        RgbImage image = RgbImage.black(width, height);
        random.nextBytes(image.rgb());
        for (int i = 0; i < 6; i++) {
            int x0 = random.nextInt(width);
            int y0 = random.nextInt(height);
            int radius = 1 + Math.min(width, height) / 4;
            int colour = random.nextInt(1 << 24);
            for (int y = Math.max(0, y0 - radius); y < Math.min(height, y0 + radius); y++) {
                for (int x = Math.max(0, x0 - radius); x < Math.min(width, x0 + radius); x++) {
                    if (Math.hypot(x - x0, y - y0) < radius) {
                        image.setPixel(x, y, colour);
                    }
                }
            }
        }
        return image;
    }
}
