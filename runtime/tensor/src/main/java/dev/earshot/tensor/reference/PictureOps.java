package dev.earshot.tensor.reference;

import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.internal.Elements;

/** Definition of the op on stored pictures. */
final class PictureOps {
    private static final int CHANNELS = 3;

    private PictureOps() {}

    /** (x / 255 - mean) / std, from [B, H, W, 3] to [B, 3, H, W]. */
    static void normalizeImage(Tensor x, float[] mean, float[] std, Tensor out, Rounding rounding) {
        long[] bytes = Elements.readIntegers(x);
        double[] values = new double[bytes.length];
        int plane = Math.toIntExact(x.dim(1) * x.dim(2));
        for (int i = 0; i < bytes.length; i++) {
            int channel = i % CHANNELS;
            int pixel = i / CHANNELS % plane;
            int image = i / CHANNELS / plane;
            double value = (bytes[i] / 255.0 - mean[channel]) / std[channel];
            values[(image * CHANNELS + channel) * plane + pixel] = rounding.round(value);
        }
        Elements.write(values, out);
    }
}
