package dev.earshot.tools;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

class MainTest {
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    private int run(String... args) {
        CommandLine line = Main.commandLine();
        line.setOut(new PrintWriter(out, true));
        line.setErr(new PrintWriter(err, true));
        return line.execute(args);
    }

    @Test
    void versionNamesEarshotTheJdkAndEveryLibrary() {
        assertEquals(ExitCodes.OK, run("--version"));
        assertTrue(out.toString().startsWith("earshot "), out.toString());
        for (String part : new String[] {"JDK ", "oneDNN ", "FFmpeg "}) {
            assertTrue(out.toString().contains(part), out.toString());
        }
        assertFalse(out.toString().contains("${"), "unfiltered property in: " + out);
    }

    @Test
    void unknownOptionIsAUsageError() {
        assertEquals(ExitCodes.USAGE, run("--no-such-option"));
        assertTrue(err.toString().contains("--no-such-option"), err.toString());
    }

    @Test
    void noCommandIsAUsageErrorThatShowsTheUsage() {
        assertEquals(ExitCodes.USAGE, run());
        assertTrue(err.toString().contains("Usage: earshot"), err.toString());
    }

    @Test
    void everyCommandIsRegisteredUnderItsOwnName() {
        CommandLine all = Main.commandLine();
        assertEquals(Main.COMMANDS, List.copyOf(all.getSubcommands().keySet()));
        all.getSubcommands().forEach((name, command) -> {
            assertEquals(name, command.getCommandName());
            assertEquals(
                    name,
                    command.getCommandSpec()
                            .userObject()
                            .getClass()
                            .getAnnotation(CommandLine.Command.class)
                            .name());
        });
    }

    @Test
    void onlyTheCommandThatIsAskedForIsRead() {
        assertEquals(List.of("segment"), Main.needed("segment", "--help"));
        assertEquals(List.of(), Main.needed("--version"));
        assertEquals(Main.COMMANDS, Main.needed());
        assertEquals(Main.COMMANDS, Main.needed("--help"));
        assertEquals(Main.COMMANDS, Main.needed("segmnt", "segment"));
    }

    @Test
    void aCommandReadAloneSaysTheSameAsAmongAll() {
        for (String name : Main.COMMANDS) {
            String alone = Main.commandLine(Main.needed(name))
                    .getSubcommands()
                    .get(name)
                    .getUsageMessage();
            assertEquals(Main.commandLine().getSubcommands().get(name).getUsageMessage(), alone);
        }
    }

    @Test
    void theWarmUpRunsAsItIs() {
        WarmUp.pass();
    }
}
