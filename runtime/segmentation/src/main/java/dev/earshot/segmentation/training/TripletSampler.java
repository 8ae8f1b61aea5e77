package dev.earshot.segmentation.training;

import dev.earshot.tensor.SplitMix64;

/**
 * Draws batches of anchors, positives and negatives, the same for the same seed on every machine.
 *
 * <p>Anchors walk through the images in a random order, a new one each epoch; an incomplete last batch is dropped. The
 * positive is one of the anchor's K neighbours. Negatives are the anchors in another order, as in STEGO
 * (mhamilton723/STEGO): the order is drawn up to 8 times until none is its anchor or one of its neighbours; what still
 * offends after that is drawn from all images. Only the anchor's own list of neighbours is asked.
 *
 * <p>Not for several threads.
 */
public final class TripletSampler {
    /** Orders of negatives tried before single images are drawn. */
    private static final int RESHUFFLES = 8;

    /** Images tried for one offending negative. */
    private static final int DRAWS = 1000;

    private final NeighbourTable table;
    private final int batch;
    private final SplitMix64 random;
    private long epoch;
    private long epochRandom;
    private int[] order;
    private int position;

    /**
     * Where a sampler is, enough to go on bit for bit.
     *
     * @param random state of the generator before the next draw
     * @param epochRandom state at the start of the epoch, from which its order is drawn again
     * @param epoch number of the epoch, from 0
     * @param position anchors of the epoch's order taken so far
     */
    public record State(long random, long epochRandom, long epoch, int position) {
        /** Where a run of a seed begins. */
        public static State start(long seed) {
            return new State(seed, seed, -1, 0);
        }
    }

    /**
     * One step's images, by index.
     *
     * @param anchors [B], whose sound is heard as well
     * @param positives [B]
     * @param negatives [B]
     * @param reshuffles orders of negatives tried, 1 to 8
     * @param redrawn negatives drawn singly because no order fitted
     */
    public record Batch(int[] anchors, int[] positives, int[] negatives, int reshuffles, int redrawn) {}

    /** The sampler of a run's seed from its first step on. */
    public TripletSampler(NeighbourTable table, int batch, long seed) {
        this(table, batch, State.start(seed));
    }

    /** The sampler that goes on from a state of one with the same table and batch size. */
    public TripletSampler(NeighbourTable table, int batch, State state) {
        if (batch < 1 || batch > table.size()) {
            throw new IllegalArgumentException(
                    "batch: expected 1 to the %d images there are, got %d".formatted(table.size(), batch));
        }
        if (state.epoch < -1 || state.position < 0 || state.position > table.size()) {
            throw new IllegalArgumentException(
                    "sampler state: expected a position of 0 to %d, got %s — the run belongs to other clips"
                            .formatted(table.size(), state));
        }
        this.table = table;
        this.batch = batch;
        this.epoch = state.epoch;
        this.epochRandom = state.epochRandom;
        this.position = state.position;
        this.order = epoch < 0 ? new int[0] : permutation(new SplitMix64(epochRandom), table.size());
        this.random = new SplitMix64(state.random);
    }

    /** Where it is now, before the next batch. */
    public State state() {
        return new State(random.state(), epochRandom, epoch, position);
    }

    /** Number of images a step takes as anchors. */
    public int batch() {
        return batch;
    }

    /** The next step's images. */
    public Batch next() {
        if (position + batch > order.length) {
            epoch++;
            epochRandom = random.state();
            order = permutation(random, table.size());
            position = 0;
        }
        int[] anchors = new int[batch];
        System.arraycopy(order, position, anchors, 0, batch);
        position += batch;
        int[] positives = new int[batch];
        for (int i = 0; i < batch; i++) {
            positives[i] = table.neighbour(anchors[i], random.below(table.k()));
        }
        return withNegatives(anchors, positives);
    }

    private Batch withNegatives(int[] anchors, int[] positives) {
        int[] negatives = new int[batch];
        for (int tried = 1; tried <= RESHUFFLES; tried++) {
            int[] p = permutation(random, batch);
            boolean fits = true;
            for (int i = 0; i < batch; i++) {
                negatives[i] = anchors[p[i]];
                fits &= !table.isSelfOrNeighbour(anchors[i], negatives[i]);
            }
            if (fits) {
                return new Batch(anchors, positives, negatives, tried, 0);
            }
        }
        int redrawn = 0;
        for (int i = 0; i < batch; i++) {
            if (table.isSelfOrNeighbour(anchors[i], negatives[i])) {
                negatives[i] = drawNegative(anchors[i]);
                redrawn++;
            }
        }
        return new Batch(anchors, positives, negatives, RESHUFFLES, redrawn);
    }

    private int drawNegative(int anchor) {
        for (int draw = 0; draw < DRAWS; draw++) {
            int image = random.below(table.size());
            if (!table.isSelfOrNeighbour(anchor, image)) {
                return image;
            }
        }
        throw new IllegalStateException(
                "negative of image %d: expected one that is no neighbour within %d draws, got none of %d images with K = %d — use more clips or a smaller K"
                        .formatted(anchor, DRAWS, table.size(), table.k()));
    }

    /** 0 .. n-1 in random order, after Fisher and Yates, from the end: the order of an epoch that starts with {@code random}. */
    public static int[] permutation(SplitMix64 random, int n) {
        int[] p = new int[n];
        for (int i = 0; i < n; i++) {
            p[i] = i;
        }
        for (int i = n - 1; i >= 1; i--) {
            int j = random.below(i + 1);
            int swapped = p[i];
            p[i] = p[j];
            p[j] = swapped;
        }
        return p;
    }
}
