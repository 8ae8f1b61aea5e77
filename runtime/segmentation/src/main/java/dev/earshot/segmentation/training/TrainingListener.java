package dev.earshot.segmentation.training;

/** Is told how a training goes. */
public interface TrainingListener {
    /** Hears nothing. */
    TrainingListener NONE = new TrainingListener() {};

    /** Training starts at step {@code done} of {@code steps}. */
    default void begun(long done, long steps) {}

    /** A step is done. */
    default void stepped(StepReport report) {}

    /** A line was added to the log. */
    default void logged(LogEntry entry) {}

    /** A checkpoint is on the disk. */
    default void saved(long step) {}

    /** Something a user should know, in one line. */
    default void note(String line) {}
}
