package dev.earshot.tensor.cpu;

/** What one worker does in one step. Runs without allocating; called by that worker only. */
@FunctionalInterface
interface Task extends AutoCloseable {
    /** The share of a worker that a step has no work for. */
    Task IDLE = () -> {};

    void run();

    /**
     * As {@link #run()}, for shares that the workers settle among themselves.
     *
     * @param turn the same for all workers in one run of a step, another one in the next run
     */
    default void run(int turn) {
        run();
    }

    @Override
    default void close() {}

    /** Several tasks of one worker, one after the other. */
    static Task sequence(Task... parts) {
        return parts.length == 1 ? parts[0] : new Sequence(parts);
    }

    /** See {@link #sequence}. */
    record Sequence(Task[] parts) implements Task {
        @Override
        public void run() {
            for (Task part : parts) {
                part.run();
            }
        }

        @Override
        public void close() {
            for (Task part : parts) {
                part.close();
            }
        }
    }
}
