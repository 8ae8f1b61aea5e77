package dev.earshot.tools;

import dev.earshot.models.checkpoint.CheckpointImport;
import dev.earshot.tensor.weights.WeightsException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import me.tongfei.progressbar.ProgressBar;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code earshot convert}: turns a PyTorch checkpoint into a safetensors file. */
@Command(
        name = "convert",
        description =
                "Converts a PyTorch checkpoint (.pth, .pt, .bin) to safetensors. The file is read as data; nothing in it is run.",
        mixinStandardHelpOptions = true)
final class ConvertCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Parameters(
            index = "0",
            paramLabel = "CHECKPOINT",
            description = "File of torch.save, for example imagebind_huge.pth.")
    private Path source;

    @Parameters(
            index = "1",
            paramLabel = "TARGET",
            description = "File to write, for example imagebind_huge.safetensors.")
    private Path target;

    @Option(names = "--force", description = "Replace TARGET if it exists.")
    private boolean force;

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        PrintWriter err = spec.commandLine().getErr();
        if (!Files.isRegularFile(source)) {
            err.println("earshot convert: " + source + ": no such file");
            return ExitCodes.FAILED_INPUTS;
        }
        if (!target.toString().endsWith(".safetensors")) {
            throw new ParameterException(
                    spec.commandLine(), "TARGET: expected a name that ends in .safetensors, got " + target);
        }
        if (Files.exists(target) && !force) {
            err.println("earshot convert: " + target + " exists; give --force to replace it");
            return ExitCodes.FAILED_INPUTS;
        }
        try {
            CheckpointImport.Report report = convert();
            report.warnings().forEach(warning -> err.println("earshot convert: " + warning));
            out.printf(
                    Locale.ROOT,
                    "%s: %,d tensors, %,d bytes%s%n",
                    target,
                    report.tensors(),
                    report.bytes(),
                    report.tied() == 0 ? "" : ", " + report.tied() + " further names of tied tensors in the metadata");
            out.println("sha256 of " + source.getFileName() + ": " + report.sourceSha256());
            return ExitCodes.OK;
        } catch (WeightsException e) {
            err.println("earshot convert: " + e.getMessage());
            return ExitCodes.FAILED_INPUTS;
        }
    }

    private CheckpointImport.Report convert() {
        try (Steps progress = new Steps()) {
            return CheckpointImport.convert(source, target, progress);
        }
    }

    /** A bar for each step, on a terminal only. */
    private static final class Steps implements CheckpointImport.Progress, AutoCloseable {
        private final boolean shown = Progress.onTerminal();
        private String step = "";
        private ProgressBar bar;

        @Override
        public void advance(String step, long done, long total) {
            if (!shown) {
                return;
            }
            if (!step.equals(this.step)) {
                close();
                this.step = step;
                bar = Progress.bar(step, total, " MB", 1_000_000);
            }
            bar.stepTo(done);
        }

        @Override
        public void close() {
            if (bar != null) {
                bar.close();
                bar = null;
            }
        }
    }
}
