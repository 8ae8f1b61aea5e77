package dev.earshot.tools;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code earshot prepare}: makes training folders out of users' own files. */
@Command(
        name = "prepare",
        description = "Makes a training folder out of your own files.",
        mixinStandardHelpOptions = true,
        subcommands = PrepareVggSoundCommand.class)
final class PrepareCommand implements Runnable {
    @Spec
    private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "expected a data set: vggsound");
    }
}
