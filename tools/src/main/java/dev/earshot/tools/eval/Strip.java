package dev.earshot.tools.eval;

import dev.earshot.segmentation.BinaryMask;
import dev.earshot.segmentation.Clip;
import dev.earshot.segmentation.audio.WavFiles;
import dev.earshot.segmentation.audio.Waveform;
import dev.earshot.segmentation.image.Filter;
import dev.earshot.segmentation.image.Resampler;
import dev.earshot.segmentation.image.RgbImage;
import dev.earshot.segmentation.metrics.FramePrediction;
import dev.earshot.segmentation.metrics.HeatMap;
import dev.earshot.segmentation.output.Overlay;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageWriteParam;
import javax.imageio.ImageWriter;
import javax.imageio.stream.MemoryCacheImageOutputStream;

/**
 * The pictures of one clip: rows (frame, truth, ours, overlay) of a few moments each.
 *
 * @param title the clip's name
 * @param note its class and score
 * @param sound its sound as a data URI
 * @param rows from top to bottom
 */
record Strip(String title, String note, String sound, List<Row> rows) {
    /** Longer clips show this many moments, evenly spread. */
    static final int MOMENTS = 5;

    private static final int SIDE = 168;
    private static final float QUALITY = 0.82f;

    /** Colours of the overlay: rightly found, found but not true, true but not found; also told apart without colour vision. */
    static final int HIT = 0x1db954;

    static final int EXTRA = 0xff9500;
    static final int MISSED = 0xd63aff;

    /** A row of pictures with its name. */
    record Row(String name, List<Picture> pictures) {}

    /**
     * A picture.
     *
     * @param data its data URI
     * @param alt what it shows, in words
     */
    record Picture(String data, String alt, int width, int height) {}

    /** Which of a clip's frames are shown. */
    static List<Integer> moments(int frames) {
        List<Integer> moments = new ArrayList<>();
        int count = Math.min(frames, MOMENTS);
        for (int i = 0; i < count; i++) {
            moments.add(count == 1 ? 0 : (int) Math.round((double) i * (frames - 1) / (count - 1)));
        }
        return moments;
    }

    /** What the method heard, all seconds of the clip one after the other. */
    static String sound(LoadedClip clip) {
        int second = Clip.SAMPLE_RATE_HZ;
        float[] samples = new float[clip.frames().size() * second];
        for (int k = 0; k < clip.frames().size(); k++) {
            System.arraycopy(clip.frames().get(k).sound(), 0, samples, k * second, second);
        }
        return encoded("audio/wav", out -> WavFiles.writePcm16(out, Waveform.mono(samples, second)));
    }

    static Picture frame(RgbImage image, String alt) {
        RgbImage small = small(image);
        return new Picture(jpeg(small), alt, small.width(), small.height());
    }

    static Picture mask(BinaryMask mask, String what) {
        BinaryMask small = small(mask);
        BufferedImage image = new BufferedImage(small.width(), small.height(), BufferedImage.TYPE_BYTE_BINARY);
        for (int y = 0; y < small.height(); y++) {
            for (int x = 0; x < small.width(); x++) {
                image.setRGB(x, y, small.get(x, y) ? 0xffffffff : 0xff000000);
            }
        }
        double share = 100.0 * mask.area() / ((long) mask.width() * mask.height());
        String alt = mask.isEmpty() ? what + ": empty mask" : "%s: %.0f %% of the frame".formatted(what, share);
        return new Picture(
                encoded("image/png", out -> ImageIO.write(image, "png", out)), alt, small.width(), small.height());
    }

    /** Brightness by value, stretched to the whole range. */
    static Picture map(HeatMap map, String what) {
        HeatMap full = map.resized(SIDE, SIDE, HeatMap.Resize.BILINEAR_CORNERS).minMaxNormalised();
        RgbImage image = RgbImage.black(SIDE, SIDE);
        for (int i = 0; i < SIDE * SIDE; i++) {
            int level = Math.clamp(Math.round(full.values()[i] * 255), 0, 255);
            image.setPixel(i % SIDE, i / SIDE, level << 16 | level << 8 | level);
        }
        return new Picture(jpeg(image), what, SIDE, SIDE);
    }

    /** What is right, too much and missed, on the frame. */
    static Picture overlay(RgbImage image, BinaryMask truth, BinaryMask ours, String what) {
        RgbImage small = small(image);
        BinaryMask t = fit(truth, small);
        BinaryMask o = fit(ours, small);
        RgbImage drawn = small;
        drawn = drawn(drawn, both(t, o, true, true), HIT);
        drawn = drawn(drawn, both(t, o, false, true), EXTRA);
        drawn = drawn(drawn, both(t, o, true, false), MISSED);
        double iou = t.isEmpty() && o.isEmpty() ? 1 : t.iou(o);
        return new Picture(
                jpeg(drawn),
                "%s over the frame, IoU %s".formatted(what, Figures.word(iou)),
                small.width(),
                small.height());
    }

    private static RgbImage drawn(RgbImage image, BinaryMask where, int colour) {
        return where.isEmpty() ? image : Overlay.draw(image, where, colour, 0.6);
    }

    private static BinaryMask both(BinaryMask truth, BinaryMask ours, boolean inTruth, boolean inOurs) {
        BinaryMask mask = new BinaryMask(truth.width(), truth.height());
        for (int y = 0; y < mask.height(); y++) {
            for (int x = 0; x < mask.width(); x++) {
                if (truth.get(x, y) == inTruth && ours.get(x, y) == inOurs) {
                    mask.set(x, y);
                }
            }
        }
        return mask;
    }

    private static BinaryMask fit(BinaryMask mask, RgbImage image) {
        return new FramePrediction.Mask(mask)
                .resized(image.width(), image.height())
                .mask();
    }

    private static BinaryMask small(BinaryMask mask) {
        double factor = factor(mask.width(), mask.height());
        return new FramePrediction.Mask(mask)
                .resized(scaled(mask.width(), factor), scaled(mask.height(), factor))
                .mask();
    }

    private static RgbImage small(RgbImage image) {
        double factor = factor(image.width(), image.height());
        return factor == 1
                ? image
                : Resampler.resize(
                        image, scaled(image.width(), factor), scaled(image.height(), factor), Filter.BILINEAR);
    }

    private static double factor(int width, int height) {
        return Math.min(1, (double) SIDE / Math.max(width, height));
    }

    private static int scaled(int side, double factor) {
        return Math.max(1, (int) Math.round(side * factor));
    }

    private interface Encoder {
        void encode(ByteArrayOutputStream out) throws IOException;
    }

    private static String encoded(String type, Encoder encoder) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try {
            encoder.encode(bytes);
        } catch (IOException e) {
            throw new UncheckedIOException("a picture or sound of the report cannot be encoded", e);
        }
        return "data:" + type + ";base64," + Base64.getEncoder().encodeToString(bytes.toByteArray());
    }

    private static String jpeg(RgbImage image) {
        BufferedImage buffered = new BufferedImage(image.width(), image.height(), BufferedImage.TYPE_INT_RGB);
        for (int y = 0; y < image.height(); y++) {
            for (int x = 0; x < image.width(); x++) {
                buffered.setRGB(x, y, image.pixel(x, y));
            }
        }
        ImageWriter writer = ImageIO.getImageWritersByFormatName("jpeg").next();
        try {
            return encoded("image/jpeg", out -> {
                ImageWriteParam how = writer.getDefaultWriteParam();
                how.setCompressionMode(ImageWriteParam.MODE_EXPLICIT);
                how.setCompressionQuality(QUALITY);
                try (MemoryCacheImageOutputStream stream = new MemoryCacheImageOutputStream(out)) {
                    writer.setOutput(stream);
                    writer.write(null, new IIOImage(buffered, null, null), how);
                }
            });
        } finally {
            writer.dispose();
        }
    }
}
