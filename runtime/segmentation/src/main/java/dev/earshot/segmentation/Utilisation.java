package dev.earshot.segmentation;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * How busy the stages of the pipeline were, which run side by side: the one with the largest share is what a run waits for.
 *
 * @param frames frames that went through
 * @param wallNanos from the beginning to the end
 * @param stages in the order in which frames meet them
 */
public record Utilisation(int frames, long wallNanos, List<Stage> stages) {
    /**
     * A stage.
     *
     * @param name {@code decode}, {@code compute}, {@code write}
     * @param parts what it did, by part; a wait for the decoder's or encoder's process counts as work
     */
    public record Stage(String name, StageTimes parts) {
        /** Nanoseconds in which it worked. */
        public long busyNanos() {
            return parts.totalNanos();
        }
    }

    public Utilisation {
        stages = List.copyOf(stages);
        if (stages.isEmpty()) {
            throw new IllegalArgumentException("utilisation: expected at least one stage, got none");
        }
    }

    /** Nanoseconds in which a stage had nothing to do or waited for the next one. */
    public long waitingNanos(Stage stage) {
        return Math.max(0, wallNanos - stage.busyNanos());
    }

    /** The part of the time in which a stage worked, 0 to 1; more if it began before the time did. */
    public double share(Stage stage) {
        return wallNanos > 0 ? (double) stage.busyNanos() / wallNanos : 0;
    }

    /** Frames per second of all stages together. */
    public double framesPerSecond() {
        return rate(wallNanos);
    }

    /** Frames per second that a stage would reach if it never waited. */
    public double framesPerSecond(Stage stage) {
        return rate(stage.busyNanos());
    }

    private double rate(long nanos) {
        return nanos > 0 ? frames * 1e9 / nanos : 0;
    }

    /** The stage that worked longest. */
    public Stage bottleneck() {
        return stages.stream().max(Comparator.comparingLong(Stage::busyNanos)).orElseThrow();
    }

    /** This and another run of the same stages, which together took {@code wallNanos}. */
    public Utilisation plus(Utilisation other, long wallNanos) {
        List<Stage> sum = new ArrayList<>();
        for (int i = 0; i < stages.size(); i++) {
            Stage stage = stages.get(i);
            sum.add(new Stage(
                    stage.name(), stage.parts().plus(other.stages.get(i).parts())));
        }
        return new Utilisation(frames + other.frames, wallNanos, sum);
    }
}
