package dev.earshot.tools;

import java.io.UncheckedIOException;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The {@code earshot} command: a list of subcommands and the one place where exceptions become exit codes. */
@Command(
        name = "earshot",
        addMethodSubcommands = false, // looking for some loads every class that the methods name
        description = "Outlines the objects in a video that can be heard.",
        mixinStandardHelpOptions = true,
        versionProvider = Versions.class,
        footer = "%nBeside these the launcher knows `earshot bench`: measures this machine (earshot bench --help).")
public final class Main implements Runnable {
    /** The subcommands in the order of the help text. */
    static final List<String> COMMANDS = List.of(
            "segment",
            "sam",
            "eval",
            "demo",
            "doctor",
            "parity",
            "convert",
            "inspect",
            "demo-world",
            "prepare",
            "knn",
            "train",
            "ablate");

    @Spec
    private CommandSpec spec;

    private Main() {}

    private static Class<?> command(String name) {
        return switch (name) {
            case "segment" -> SegmentCommand.class;
            case "sam" -> SamCommand.class;
            case "eval" -> EvalCommand.class;
            case "demo" -> DemoCommand.class;
            case "doctor" -> DoctorCommand.class;
            case "parity" -> ParityCommand.class;
            case "convert" -> ConvertCommand.class;
            case "inspect" -> InspectCommand.class;
            case "demo-world" -> DemoWorldCommand.class;
            case "prepare" -> PrepareCommand.class;
            case "knn" -> KnnCommand.class;
            case "train" -> TrainCommand.class;
            case "ablate" -> AblateCommand.class;
            default -> throw new IllegalArgumentException("no such command: " + name);
        };
    }

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
        WarmUp.beside(args);
        System.exit(commandLine(needed(args)).execute(args));
    }

    /**
     * The commands that a command line can refer to: reading the annotations of all of them takes longer than everything
     * else between the start of the process and the first file that is opened.
     */
    static List<String> needed(String... args) {
        if (args.length > 0 && COMMANDS.contains(args[0])) {
            return List.of(args[0]);
        }
        boolean version = args.length == 1 && (args[0].equals("--version") || args[0].equals("-V"));
        return version ? List.of() : COMMANDS;
    }

    /** The configured command line, for running commands inside another program or a test. */
    public static CommandLine commandLine() {
        return commandLine(COMMANDS);
    }

    static CommandLine commandLine(List<String> commands) {
        CommandLine line = new CommandLine(new Main());
        commands.forEach(name -> line.addSubcommand(command(name)));
        return line.setCaseInsensitiveEnumValuesAllowed(true).setExecutionExceptionHandler(Main::report);
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
