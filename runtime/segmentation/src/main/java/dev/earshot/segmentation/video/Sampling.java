package dev.earshot.segmentation.video;

import java.util.Objects;

/**
 * Which pictures of a video are taken: {@code framesPerSecond} equal periods a second, one picture of each.
 *
 * <p>The picture of a period is the one on screen at the picked moment, found by time stamps, so variable frame rates
 * and gaps are right. A last period counts if more than half of it exists; its picture is then at worst the last one of
 * the video. A video shorter than that has one picture.
 *
 * <p>Differs from AVSBench's extraction script: it counts frames and rounds the rate to a whole number, so that at 29.97
 * frames a second it is up to one frame later than the time stamps are within its five seconds.
 *
 * @param framesPerSecond periods per second
 * @param pick the moment within the period
 * @param startSeconds where to begin
 * @param seconds how much to take; infinite for all
 */
public record Sampling(double framesPerSecond, Pick pick, double startSeconds, double seconds) {
    /** The moment within a period. */
    public enum Pick {
        /** At 15/16, as AVSBench's extraction script: frame floor(15/16 fps) of each second. */
        AVSBENCH(15 / 16.0),
        /** In the middle. */
        MIDDLE(0.5),
        /** At the beginning; a last period counts as soon as it begins. */
        START(0);

        final double phase;

        Pick(double phase) {
            this.phase = phase;
        }

        /** The moment as a fraction of the period. */
        public double phase() {
            return phase;
        }
    }

    /** One picture a second as AVSBench takes it, of the whole video. */
    public static final Sampling DEFAULT = new Sampling(1, Pick.AVSBENCH, 0, Double.POSITIVE_INFINITY);

    /** Checks ranges. */
    public Sampling {
        Objects.requireNonNull(pick, "pick");
        if (!(framesPerSecond >= 0.001 && framesPerSecond <= 1000)) {
            throw new IllegalArgumentException("sampling: expected 0.001 to 1000 frames/s, got " + framesPerSecond);
        }
        if (!(startSeconds >= 0 && startSeconds < 1e7) || !(seconds > 0)) {
            throw new IllegalArgumentException("sampling: expected a start of at least 0 and a positive length, got "
                    + startSeconds + " and " + seconds + " s");
        }
    }

    /** Another rate. */
    public Sampling withFramesPerSecond(double rate) {
        return new Sampling(rate, pick, startSeconds, seconds);
    }

    /** When the picture of period {@code index} is on screen, counted from the start of the sampled part. */
    public double timeOf(int index) {
        return (index + pick.phase) / framesPerSecond;
    }

    /** How many pictures a video of a given length gives if its header is right; at least one. */
    public int expectedFrames(double videoSeconds) {
        double part = Math.min(seconds, Math.max(0, videoSeconds - startSeconds));
        double uncounted = Math.min(pick.phase, 0.5);
        return (int) Math.max(1, Math.ceil(part * framesPerSecond - uncounted - 1e-6));
    }
}
