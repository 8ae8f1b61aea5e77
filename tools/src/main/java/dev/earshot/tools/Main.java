package dev.earshot.tools;

import java.io.UncheckedIOException;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The {@code earshot} command: a list of subcommands and the one place where exceptions become exit codes. */
@Command(
        name = "earshot",
        description = "Outlines the objects in a video that can be heard.",
        mixinStandardHelpOptions = true,
        versionProvider = Versions.class,
        footer = "%nBeside these the launcher knows `earshot bench`: measures this machine (earshot bench --help).",
        subcommands = {
            SegmentCommand.class,
            SamCommand.class,
            EvalCommand.class,
            DemoCommand.class,
            DoctorCommand.class,
            ParityCommand.class,
            ConvertCommand.class,
            InspectCommand.class,
            DemoWorldCommand.class,
            PrepareCommand.class,
            KnnCommand.class,
            TrainCommand.class,
            AblateCommand.class
        })
public final class Main implements Runnable {
    @Spec
    private CommandSpec spec;

    private Main() {}

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "expected a command");
    }

    /** Runs the command line and ends the process with one of {@link ExitCodes}. */
    public static void main(String[] args) {
        if (System.getProperty("java.util.logging.SimpleFormatter.format") == null) {
            // Log lines go to stderr as one line each, like every other word of the program.
            System.setProperty("java.util.logging.SimpleFormatter.format", "earshot: %5$s%6$s%n");
        }
        System.exit(commandLine().execute(args));
    }

    /** The configured command line, for running commands inside another program or a test. */
    public static CommandLine commandLine() {
        return new CommandLine(new Main())
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setExecutionExceptionHandler(Main::report);
    }

    /** One clear line for what went wrong; the stack only when asked for, since it is of no use to a user. */
    private static int report(Exception failure, CommandLine command, CommandLine.ParseResult parsed) {
        command.getErr().println("earshot: " + message(failure));
        if (Boolean.getBoolean("earshot.stacktrace")) {
            failure.printStackTrace(command.getErr());
        }
        return failure instanceof IllegalArgumentException ? ExitCodes.USAGE : ExitCodes.ENVIRONMENT;
    }

    /** What a user reads about a failure. */
    static String message(Throwable failure) {
        if (failure instanceof UncheckedIOException io && io.getCause().getMessage() != null) {
            return io.getMessage() == null
                            || io.getMessage().contains(io.getCause().getMessage())
                    ? io.getCause().getClass().getSimpleName() + ": "
                            + io.getCause().getMessage()
                    : io.getMessage() + ": " + io.getCause().getMessage();
        }
        return failure.getMessage() == null ? failure.toString() : failure.getMessage();
    }
}
