package dev.earshot.tools.train;

import dev.earshot.segmentation.output.PictureGrid;
import dev.earshot.segmentation.training.NeighbourTable;
import dev.earshot.segmentation.training.TrainingClips;
import dev.earshot.segmentation.training.TripletSampler;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * A clip's picture with its neighbours, of which positives are drawn, and the negatives that the first epochs of training
 * would give it.
 */
public final class NeighbourPicture {
    private static final int SIDE = 168;
    private static final int BATCH = 8;
    private static final int ANCHOR_COLOUR = 0x2f6fde;
    private static final int POSITIVE_COLOUR = 0x34a853;
    private static final int NEGATIVE_COLOUR = 0xd93025;

    private NeighbourPicture() {}

    /** The cosine of two clips' features. */
    @FunctionalInterface
    public interface Cosine {
        /** Of clips {@code a} and {@code b}. */
        double of(int a, int b);
    }

    /**
     * What the sampler draws for one clip.
     *
     * @param positives by epoch
     * @param negatives by epoch
     */
    public record Draws(List<Integer> positives, List<Integer> negatives) {
        /** The draws of the first epochs in which the clip is an anchor, {@code count} of them. */
        public static Draws of(NeighbourTable table, int clip, int count, long seed) {
            int batch = Math.min(BATCH, table.size());
            TripletSampler sampler = new TripletSampler(table, batch, seed);
            Draws draws = new Draws(new ArrayList<>(), new ArrayList<>());
            long steps = 3L * count * Math.max(1, table.size() / batch); // it may be in the dropped rest of an epoch
            for (long step = 0; step < steps && draws.negatives.size() < count; step++) {
                TripletSampler.Batch drawn = sampler.next();
                for (int i = 0; i < batch; i++) {
                    if (drawn.anchors()[i] == clip) {
                        draws.positives.add(drawn.positives()[i]);
                        draws.negatives.add(drawn.negatives()[i]);
                    }
                }
            }
            return draws;
        }
    }

    /** Draws the picture of a clip. */
    public static PictureGrid of(
            TrainingClips clips, NeighbourTable table, Cosine cosine, int clip, Draws draws, String note) {
        PictureGrid grid = new PictureGrid(clips.name(clip).toString(), note, SIDE);
        grid.row("Anchor", ANCHOR_COLOUR)
                .add(clips.picture(clip), "clip " + clip, clips.name(clip).toString());
        grid.row("Neighbours: positives are drawn from these", POSITIVE_COLOUR);
        for (int rank = 0; rank < table.k(); rank++) {
            int other = table.neighbour(clip, rank);
            long drawn = draws.positives.stream().filter(p -> p == other).count();
            String times = drawn == 0 ? "" : "  (drawn %d x)".formatted(drawn);
            grid.add(
                    clips.picture(other),
                    "%d. %s".formatted(rank + 1, cosine(table.similarity(clip, rank))) + times,
                    clips.name(other).toString());
        }
        grid.row("Negatives of the first %d epochs".formatted(draws.negatives.size()), NEGATIVE_COLOUR);
        for (int other : draws.negatives) {
            grid.add(
                    clips.picture(other),
                    cosine(cosine.of(clip, other)),
                    clips.name(other).toString());
        }
        return grid;
    }

    private static String cosine(double value) {
        return String.format(Locale.ROOT, "cos %.3f", value);
    }
}
