package dev.earshot.tensor.cpu;

/** Steps whose work is a range of numbered, equally costly rows, shared evenly between the workers. */
final class RowSharing {
    /** Below this many elements waking the others costs more than they save. */
    private static final long SMALLEST_SHARED = 16_384;

    private RowSharing() {}

    /** What is done with one row. */
    @FunctionalInterface
    interface Body {
        void run(long row);
    }

    /** Makes the body of one worker, with temporaries of its own. */
    @FunctionalInterface
    interface BodyFactory {
        Body create(Worker worker);
    }

    private record Range(Body body, long from, long to) implements Task {
        @Override
        public void run() {
            for (long row = from; row < to; row++) {
                body.run(row);
            }
        }
    }

    /** Number of workers worth waking for {@code rows} rows of {@code elements} elements in all. */
    static int workers(Binder binder, long rows, long elements) {
        return elements < SMALLEST_SHARED ? 1 : Math.clamp(rows, 1, binder.workers());
    }

    /** Adds the step that does all rows. */
    static void add(Binder binder, String name, long rows, long elements, BodyFactory bodies) {
        int workers = workers(binder, rows, elements);
        Task[] shares = new Task[workers];
        for (int i = 0; i < workers; i++) {
            shares[i] = new Range(bodies.create(binder.worker(i)), rows * i / workers, rows * (i + 1) / workers);
        }
        binder.add(name, 0, shares);
    }
}
