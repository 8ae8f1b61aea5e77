package dev.earshot.segmentation.video;

import dev.earshot.segmentation.image.ImageFiles;
import dev.earshot.segmentation.image.ImageLimits;
import dev.earshot.segmentation.image.RgbImage;
import java.nio.file.Path;
import java.util.List;
import java.util.NoSuchElementException;

/** One picture again and again. */
final class StillFrames implements FrameSource {
    private final RgbImage image;
    private final int count;
    private final double framesPerSecond;
    private int index;

    StillFrames(Path file, int count, double framesPerSecond, ImageLimits limits) {
        image = ImageFiles.read(file, limits);
        this.count = count;
        this.framesPerSecond = framesPerSecond;
    }

    @Override
    public boolean hasNext() {
        return index < count;
    }

    @Override
    public Frame next() {
        if (!hasNext()) {
            throw new NoSuchElementException("no more frames");
        }
        byte[] copy = image.rgb().clone(); // whoever takes a frame may draw on it
        return new Frame(index, index++ / framesPerSecond, new RgbImage(image.width(), image.height(), copy));
    }

    @Override
    public List<String> notes() {
        return List.of();
    }

    @Override
    public void close() {
        index = count;
    }
}
