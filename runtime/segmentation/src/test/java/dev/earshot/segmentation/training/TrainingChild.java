package dev.earshot.segmentation.training;

import dev.earshot.tensor.Backend;
import dev.earshot.tensor.Backends;
import java.nio.file.Path;

/** A training in a process of its own, to be killed: says on its standard output which step it has done and saved. */
final class TrainingChild {
    private TrainingChild() {}

    /** Arguments: data folder, run folder, steps, steps between checkpoints. */
    public static void main(String[] arguments) {
        MocaRecipe recipe = TinyTraining.recipe(Long.parseLong(arguments[2]), 1e-3);
        TrainingRun.Options books =
                new TrainingRun.Options(Path.of(arguments[1]), true, Long.parseLong(arguments[3]), 3, 3);
        TrainingListener listener = new TrainingListener() {
            @Override
            public void begun(long done, long steps) {
                System.out.println("begun " + done);
            }

            @Override
            public void stepped(StepReport report) {
                System.out.println("step " + report.step());
            }

            @Override
            public void saved(long step) {
                System.out.println("saved " + step);
            }
        };
        try (Backend backend = Backends.open("cpu");
                TinyTraining tiny = new TinyTraining(backend, Path.of(arguments[0]), recipe);
                TrainingRun run = new TrainingRun(tiny.trainer, books, tiny.training.hashes(), listener)) {
            run.train(() -> false);
        }
    }
}
