package dev.earshot.segmentation.training;

/** Is told how far long work is and what happened to it; a command line shows a bar and lines. */
public interface WorkProgress {
    /** Shows nothing; notes go to the log. */
    WorkProgress NONE = new WorkProgress() {
        @Override
        public Task begin(String task, int total, String unit) {
            return new Task() {
                @Override
                public void stepBy(int more) {}

                @Override
                public void close() {}
            };
        }

        @Override
        public void note(String line) {
            System.getLogger(WorkProgress.class.getName()).log(System.Logger.Level.INFO, line);
        }
    };

    /**
     * A piece of work begins.
     *
     * @param task what is done, in a few words
     * @param total how many to expect, -1 if nobody knows
     * @param unit what is counted, in the plural
     */
    Task begin(String task, int total, String unit);

    /** Something a user should know, in one line. */
    void note(String line);

    /** A piece of work under way; closed at its end. */
    interface Task extends AutoCloseable {
        /** So many more are done. Any thread may call it. */
        void stepBy(int more);

        @Override
        void close();
    }
}
