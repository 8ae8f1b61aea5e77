package dev.earshot.bench.suite;

/**
 * Our figure beside the best of the others; in a peer's own result, ours beside that peer.
 *
 * @param peer whose figure is best among those who do the same, in a peer's result {@code earshot}; empty where nobody does
 * @param ratio how many times as good ours is: above 1 ours is better; NaN without a peer
 * @param low the least ratio of any round, or by the bad end of ours and the good end of the peer's
 * @param high the largest
 */
record Beside(String peer, double ratio, double low, double high) {
    /** Nobody to compare with. */
    static final Beside NOBODY = new Beside("", Double.NaN, Double.NaN, Double.NaN);
}
