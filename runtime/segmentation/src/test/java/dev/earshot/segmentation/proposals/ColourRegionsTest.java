package dev.earshot.segmentation.proposals;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.earshot.segmentation.BinaryMask;
import dev.earshot.segmentation.image.RgbImage;
import dev.earshot.tensor.SplitMix64;
import java.util.List;
import java.util.function.IntBinaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ColourRegionsTest {
    private static final int BACK = 0x506070;

    private final ColourRegions regions = new ColourRegions();

    private static RgbImage draw(int width, int height, IntBinaryOperator colour) {
        SplitMix64 noise = new SplitMix64(5);
        RgbImage image = RgbImage.black(width, height);
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                int value = 0;
                for (int shift = 16; shift >= 0; shift -= 8) {
                    int level = (colour.applyAsInt(x, y) >> shift & 255) + noise.below(7) - 3;
                    value |= Math.clamp(level, 0, 255) << shift;
                }
                image.setPixel(x, y, value);
            }
        }
        return image;
    }

    private static BinaryMask where(int width, int height, IntBinaryOperator inside) {
        BinaryMask mask = new BinaryMask(width, height);
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                if (inside.applyAsInt(x, y) != 0) {
                    mask.set(x, y);
                }
            }
        }
        return mask;
    }

    private static int disc(int x, int y, int cx, int cy, int radius) {
        return (x - cx) * (x - cx) + (y - cy) * (y - cy) <= radius * radius ? 1 : 0;
    }

    private static double best(List<BinaryMask> proposals, BinaryMask truth) {
        return proposals.stream().mapToDouble(p -> p.iou(truth)).max().orElse(0);
    }

    @Test
    void flatThingsAreFoundOneByOne() {
        RgbImage image = draw(
                224,
                224,
                (x, y) -> disc(x, y, 60, 70, 35) == 1 ? 0xd02020 : disc(x, y, 150, 150, 45) == 1 ? 0x20c040 : BACK);
        List<BinaryMask> proposals = regions.propose(image);
        assertEquals(2, proposals.size());
        assertTrue(best(proposals, where(224, 224, (x, y) -> disc(x, y, 60, 70, 35))) > 0.95);
        assertTrue(best(proposals, where(224, 224, (x, y) -> disc(x, y, 150, 150, 45))) > 0.95);
    }

    @Test
    void aCheckeredThingIsOneProposal() {
        IntBinaryOperator square = (x, y) -> x >= 40 && x < 120 && y >= 60 && y < 140 ? 1 : 0;
        RgbImage image = draw(
                224,
                224,
                (x, y) -> square.applyAsInt(x, y) == 0 ? BACK : (x / 13 + y / 13) % 2 == 0 ? 0xe0e020 : 0x202020);
        List<BinaryMask> proposals = regions.propose(image);
        assertTrue(best(proposals, where(224, 224, square)) > 0.9, () -> "of " + proposals);
    }

    @Test
    void proposalsOfOneScaleDoNotOverlap() {
        SplitMix64 random = new SplitMix64(11);
        int[] colours = IntStream.generate(() -> (int) random.next()).limit(64).toArray();
        List<BinaryMask> proposals = regions.propose(draw(160, 120, (x, y) -> colours[y / 15 * 8 + x / 20] & 0xffffff));
        assertTrue(proposals.size() > 3, () -> "proposals " + proposals);
        BinaryMask union = new BinaryMask(160, 120);
        proposals.forEach(union::add);
        assertEquals(proposals.stream().mapToLong(BinaryMask::area).sum(), union.area());
    }

    @Test
    void evenPicturesGiveNone() {
        assertEquals(List.of(), regions.propose(draw(224, 224, (x, y) -> BACK)));
        assertEquals(List.of(), regions.propose(RgbImage.black(1, 1)));
        assertEquals(List.of(), regions.propose(RgbImage.black(1, 5000)));
    }

    @Test
    void largeFramesAreReducedAndTheMasksComeBackAtTheirSize() {
        IntBinaryOperator inside = (x, y) -> disc(x, y, 400, 300, 150);
        List<BinaryMask> proposals =
                regions.propose(draw(1000, 600, (x, y) -> inside.applyAsInt(x, y) == 1 ? 0xff8000 : BACK));
        assertTrue(best(proposals, where(1000, 600, inside)) > 0.95, () -> "of " + proposals);
    }

    @Test
    void theSamePictureGivesTheSameProposals() {
        RgbImage image = draw(100, 80, (x, y) -> (x * x / 30 + y * y / 20) % 3 * 0x502010);
        assertEquals(regions.propose(image), new ColourRegions().propose(image));
    }

    @Test
    void scalesMustBePositive() {
        assertThrows(IllegalArgumentException.class, () -> new ColourRegions(new double[0]));
        assertThrows(IllegalArgumentException.class, () -> new ColourRegions(100, -1));
    }
}
