package dev.earshot.segmentation.proposals;

import dev.earshot.segmentation.image.RgbImage;

/** A Gaussian blur with clamped borders. */
final class Smoothing {
    private Smoothing() {}

    /** The blurred colours [height, width, 3], 0 to 255. */
    static float[] gaussian(RgbImage image, double sigma) {
        int w = image.width();
        int h = image.height();
        float[] kernel = kernel(sigma);
        int reach = kernel.length / 2;
        float[] across = new float[3 * w * h];
        for (int y = 0; y < h; y++) {
            for (int x = 0; x < w; x++) {
                int at = 3 * (y * w + x);
                for (int k = -reach; k <= reach; k++) {
                    int from = 3 * (y * w + Math.clamp(x + k, 0, w - 1));
                    float weight = kernel[k + reach];
                    across[at] += weight * (image.rgb()[from] & 0xff);
                    across[at + 1] += weight * (image.rgb()[from + 1] & 0xff);
                    across[at + 2] += weight * (image.rgb()[from + 2] & 0xff);
                }
            }
        }
        float[] down = new float[3 * w * h];
        for (int y = 0; y < h; y++) {
            for (int k = -reach; k <= reach; k++) {
                int from = 3 * w * Math.clamp(y + k, 0, h - 1);
                float weight = kernel[k + reach];
                for (int i = 0; i < 3 * w; i++) {
                    down[3 * w * y + i] += weight * across[from + i];
                }
            }
        }
        return down;
    }

    private static float[] kernel(double sigma) {
        int reach = (int) Math.ceil(3 * sigma);
        float[] kernel = new float[2 * reach + 1];
        double sum = 0;
        for (int k = -reach; k <= reach; k++) {
            sum += Math.exp(-k * k / (2 * sigma * sigma));
        }
        for (int k = -reach; k <= reach; k++) {
            kernel[k + reach] = (float) (Math.exp(-k * k / (2 * sigma * sigma)) / sum);
        }
        return kernel;
    }
}
