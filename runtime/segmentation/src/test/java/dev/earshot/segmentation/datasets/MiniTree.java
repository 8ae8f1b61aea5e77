package dev.earshot.segmentation.datasets;

import dev.earshot.segmentation.image.RgbImage;
import dev.earshot.segmentation.output.PngFiles;
import java.awt.image.BufferedImage;
import java.awt.image.IndexColorModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.imageio.ImageIO;

/** Writes data sets of a few tiny clips. Frames and sounds are empty files: the readers only look whether they are there. */
final class MiniTree {
    final Path root;

    MiniTree(Path root) {
        this.root = root;
    }

    MiniTree text(String file, String content) throws IOException {
        Path path = root.resolve(file);
        Files.createDirectories(path.getParent());
        Files.writeString(path, content);
        return this;
    }

    MiniTree empty(String file) throws IOException {
        return text(file, "");
    }

    /** A grey PNG of one row. */
    MiniTree grey(String file, int... levels) {
        byte[] pixels = new byte[levels.length];
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = (byte) levels[i];
        }
        PngFiles.writeGrey(root.resolve(file), pixels, pixels.length, 1);
        return this;
    }

    /** An RGB PNG of one row. */
    MiniTree rgb(String file, int... colours) {
        RgbImage image = RgbImage.black(colours.length, 1);
        for (int x = 0; x < colours.length; x++) {
            image.setPixel(x, 0, colours[x]);
        }
        PngFiles.write(root.resolve(file), image);
        return this;
    }

    /** A PNG of one row with a palette of three dark colours and white. */
    MiniTree indexed(String file, int... numbers) throws IOException {
        int[] palette = {0x000000, 0x010203, 0x800000, 0xffffff};
        IndexColorModel model = new IndexColorModel(8, palette.length, palette, 0, false, -1, 0);
        BufferedImage image = new BufferedImage(numbers.length, 1, BufferedImage.TYPE_BYTE_INDEXED, model);
        for (int x = 0; x < numbers.length; x++) {
            image.getRaster().setSample(x, 0, 0, numbers[x]);
        }
        return write(file, image);
    }

    /** A 1-bit grey PNG of one row. */
    MiniTree bits(String file, int... bits) throws IOException {
        BufferedImage image = new BufferedImage(bits.length, 1, BufferedImage.TYPE_BYTE_BINARY);
        for (int x = 0; x < bits.length; x++) {
            image.getRaster().setSample(x, 0, 0, bits[x]);
        }
        return write(file, image);
    }

    private MiniTree write(String file, BufferedImage image) throws IOException {
        Path path = root.resolve(file);
        Files.createDirectories(path.getParent());
        ImageIO.write(image, "png", path.toFile());
        return this;
    }

    MiniTree delete(String file) throws IOException {
        Files.delete(root.resolve(file));
        return this;
    }

    /** The files of one S4 clip; masks have one pixel set, the k-th in frame k. */
    MiniTree s4Clip(String split, String category, String name) throws IOException {
        String inner = split + "/" + category + "/" + name;
        for (int k = 1; k <= 5; k++) {
            empty("s4_data/visual_frames/" + inner + "/" + name + "_" + k + ".png");
            if (k == 1 || !split.equals("train")) {
                grey("s4_data/gt_masks/" + inner + "/" + name + "_" + k + ".png", dot(k));
            }
        }
        return empty("s4_data/audio_wav/" + inner + ".wav");
    }

    /** The files of one MS3 clip. */
    MiniTree ms3Clip(String split, String name) throws IOException {
        for (int k = 1; k <= 5; k++) {
            empty("ms3_data/visual_frames/" + name + "/" + name + ".mp4_" + k + ".png");
            grey("ms3_data/gt_masks/" + split + "/" + name + "/" + name + "_" + k + ".png", dot(k));
        }
        return empty("ms3_data/audio_wav/" + split + "/" + name + ".wav");
    }

    /** The files of one AVSS clip; label maps of two pixels, of which the first has class k + 1 in frame k. */
    MiniTree avssClip(String subset, String uid, int frames, int masks) throws IOException {
        for (int k = 0; k < frames; k++) {
            empty(subset + "/" + uid + "/frames/" + k + ".jpg");
            if (k < masks) {
                rgb(subset + "/" + uid + "/labels_rgb/" + k + ".png", ClassTable.colour(k + 1), 0);
            }
        }
        return empty(subset + "/" + uid + "/audio.wav");
    }

    /** A label2idx.json of these classes in order. */
    MiniTree labels(List<String> names) throws IOException {
        StringBuilder json = new StringBuilder("{");
        for (int i = 0; i < names.size(); i++) {
            json.append(i == 0 ? "" : ", ")
                    .append('"')
                    .append(names.get(i))
                    .append("\": ")
                    .append(i);
        }
        return text("label2idx.json", json.append("}").toString());
    }

    private static int[] dot(int k) {
        int[] row = new int[6];
        row[k] = 255;
        return row;
    }
}
