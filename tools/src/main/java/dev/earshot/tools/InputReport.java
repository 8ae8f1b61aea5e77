package dev.earshot.tools;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.earshot.tensor.Backends;
import java.io.PrintWriter;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.logging.Level;
import java.util.logging.Logger;
import picocli.CommandLine;

/** What a command that takes many inputs says of each: lines of JSON, failures that stop no other, names of results. */
final class InputReport {
    /** Kept, since a logger that nobody holds forgets its level. */
    private static final Logger BACKENDS_LOG = Logger.getLogger(Backends.class.getName());

    private final String command;
    private final PrintWriter stdout;
    private final PrintWriter stderr;
    private final boolean json;
    private final Set<String> names = new HashSet<>();
    private int failed;

    /**
     * Starts with no inputs.
     *
     * @param json whether each input gets a line of JSON
     * @param quiet silences the backends' messages
     */
    InputReport(CommandLine commandLine, boolean json, boolean quiet) {
        this.command = "earshot " + commandLine.getCommandName();
        this.stdout = commandLine.getOut();
        this.stderr = commandLine.getErr();
        this.json = json;
        if (quiet) {
            BACKENDS_LOG.setLevel(Level.WARNING);
        }
    }

    /** Two inputs of one name get results of two names. */
    String unique(String name) {
        String candidate = name;
        for (int n = 2; !names.add(candidate); n++) {
            candidate = name + "-" + n;
        }
        return candidate;
    }

    /** A line of JSON. */
    void print(Map<String, Object> line) {
        try {
            stdout.println(new ObjectMapper().writeValueAsString(line));
            stdout.flush();
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("result line cannot be written as JSON", e);
        }
    }

    /**
     * Reports a failure.
     *
     * @param mention what a message that names the input by itself contains
     */
    void failed(String input, String mention, RuntimeException failure) {
        failed++;
        String message = Main.message(failure);
        stderr.println(command + ": " + (message.contains(mention) ? "" : input + ": ") + message);
        stderr.flush();
        if (json) {
            print(Map.of("input", input, "status", "failed", "error", message));
        }
    }

    /**
     * The command's exit status, with a summary if it had several inputs.
     *
     * @param what the inputs in words
     */
    int finish(int inputs, String what) {
        if (failed > 0 && inputs > 1) {
            stderr.println("%s: %d of %d %s failed".formatted(command, failed, inputs, what));
        }
        return failed == 0 ? ExitCodes.OK : ExitCodes.FAILED_INPUTS;
    }
}
