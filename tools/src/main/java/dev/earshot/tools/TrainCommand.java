package dev.earshot.tools;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code earshot train}: the methods that learn. */
@Command(
        name = "train",
        description = "Learns from clips without labels.",
        mixinStandardHelpOptions = true,
        subcommands = TrainMocaCommand.class)
final class TrainCommand implements Runnable {
    @Spec
    private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "expected a method: train moca");
    }
}
