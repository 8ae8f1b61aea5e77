package dev.earshot.segmentation.proposals;

import dev.earshot.segmentation.BinaryMask;
import dev.earshot.segmentation.image.Filter;
import dev.earshot.segmentation.image.Resampler;
import dev.earshot.segmentation.image.RgbImage;
import dev.earshot.segmentation.moca.MaskProposals;
import dev.earshot.segmentation.proposals.PixelGraph.Labels;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;

/**
 * Proposals from colour alone, without any network: the picture is split into patches of even colour, neighbouring patches
 * are grouped into a tree, and of the tree those groups are taken that differ most in colour from what they would be joined
 * with next. The proposals of one scale do not overlap. A stand-in where no mask generator is at hand; things as colourful
 * as what lies behind them are not found.
 *
 * <p>The same picture always gives the same proposals. Holds nothing; usable from many threads. About 11 ms for a frame of
 * 224 x 224; larger frames are looked at in a copy of at most 256 pixels a side.
 */
public final class ColourRegions implements MaskProposals {
    /**
     * The slack of {@link PixelGraph}. Of 60, 100 and 300 (demo world, val split) this gives the best matched masks; two
     * scales at once find more objects but blur the match, which unites everything that fits.
     */
    private static final double DEFAULT_SCALE = 100;

    /** Smoothing before, in pixels; Felzenszwalb and Huttenlocher's. */
    private static final double SIGMA = 0.8;

    /** Patches of fewer pixels join a neighbour. */
    private static final int LEAST_PATCH = 30;

    /** Smaller shares of the picture are details, larger ones background. */
    private static final double LEAST_SHARE = 0.01;

    private static final double MOST_SHARE = 0.5;

    /** A region is as good as its parent's other half differs in colour, times its area to this power. */
    private static final double AREA_POWER = 0.15;

    /** A region that nearly is its parent is left to the parent. */
    private static final double LEAST_GROWTH = 1.1;

    /** A region whose colours are those of its parent's other half does not stand out. */
    private static final double MOST_OVERLAP = 0.6;

    /** Proposals of two scales that overlap more are one. */
    private static final double SAME = 0.95;

    private static final int WORKING_SIDE = 256;

    private final double[] scales;

    /** With the default scale. */
    public ColourRegions() {
        this(DEFAULT_SCALE);
    }

    /**
     * With other scales.
     *
     * @param scales one or more, positive; larger ones begin with larger patches
     */
    public ColourRegions(double... scales) {
        if (scales.length == 0 || !Arrays.stream(scales).allMatch(s -> s > 0 && s < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException(
                    "colour regions: expected positive scales, got " + Arrays.toString(scales));
        }
        this.scales = scales.clone();
    }

    @Override
    public List<BinaryMask> propose(RgbImage frame) {
        RgbImage small = reduced(frame);
        float[] colours = Smoothing.gaussian(small, SIGMA);
        PixelGraph graph = new PixelGraph(colours, small.width(), small.height());
        List<BinaryMask> proposals = new ArrayList<>();
        for (double scale : scales) {
            Labels patches = graph.segment(scale, LEAST_PATCH);
            List<Region> regions = new RegionTree(patches, colours).regions();
            for (Region region : standOut(regions, patches.of().length)) {
                BinaryMask mask = mask(patches, regions, region, frame.width(), frame.height());
                if (!mask.isEmpty() && proposals.stream().noneMatch(other -> other.iou(mask) > SAME)) {
                    proposals.add(mask);
                }
            }
        }
        return proposals;
    }

    private static RgbImage reduced(RgbImage frame) {
        double factor = (double) WORKING_SIDE / Math.max(frame.width(), frame.height());
        if (factor >= 1) {
            return frame;
        }
        int width = Math.max(1, (int) Math.round(frame.width() * factor));
        int height = Math.max(1, (int) Math.round(frame.height() * factor));
        return Resampler.resize(frame, width, height, Filter.BILINEAR);
    }

    /** The best regions of a tree of which none is part of another, best first. */
    private static List<Region> standOut(List<Region> regions, int pixels) {
        List<Region> candidates = regions.stream()
                .filter(r -> r.parent >= 0)
                .filter(r -> r.area >= LEAST_SHARE * pixels && r.area <= MOST_SHARE * pixels)
                .filter(r -> regions.get(r.parent).area >= LEAST_GROWTH * r.area)
                .filter(r -> r.colourOverlap(regions.get(r.sibling)) <= MOST_OVERLAP)
                .sorted(Comparator.comparingDouble((Region r) -> -contrast(r, regions))
                        .thenComparingInt(r -> r.number))
                .toList();
        boolean[] taken = new boolean[regions.size()]; // of the region itself, a part, or a whole
        List<Region> best = new ArrayList<>();
        for (Region region : candidates) {
            if (!taken[region.number]) {
                best.add(region);
                for (int up = region.number; up >= 0; up = regions.get(up).parent) {
                    taken[up] = true;
                }
                for (Region part : parts(regions, region)) {
                    taken[part.number] = true;
                }
            }
        }
        return best;
    }

    private static double contrast(Region region, List<Region> regions) {
        return (1 - region.colourOverlap(regions.get(region.sibling))) * Math.pow(region.area, AREA_POWER);
    }

    /** The region and all regions within it. */
    private static List<Region> parts(List<Region> regions, Region region) {
        List<Region> parts = new ArrayList<>();
        Deque<Region> open = new ArrayDeque<>(List.of(region));
        while (!open.isEmpty()) {
            Region part = open.pop();
            parts.add(part);
            if (part.first >= 0) {
                open.push(regions.get(part.first));
                open.push(regions.get(part.second));
            }
        }
        return parts;
    }

    private static BinaryMask mask(Labels patches, List<Region> regions, Region region, int width, int height) {
        boolean[] inside = new boolean[regions.size()];
        parts(regions, region).forEach(part -> inside[part.number] = true);
        BinaryMask mask = new BinaryMask(width, height);
        for (int y = 0; y < height; y++) {
            int row = (int) ((long) y * patches.height() / height) * patches.width();
            for (int x = 0; x < width; x++) {
                if (inside[patches.of()[row + (int) ((long) x * patches.width() / width)]]) {
                    mask.set(x, y);
                }
            }
        }
        return mask;
    }

    @Override
    public String name() {
        return "colour-regions";
    }
}
