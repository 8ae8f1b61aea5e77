package dev.earshot.tools;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import dev.earshot.segmentation.MediaException;
import dev.earshot.tensor.weights.WeightsException;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code earshot inspect}: says what is in a weight file without loading it, or what a media file is. */
@Command(
        name = "inspect",
        description =
                "Lists the tensors of weight files (safetensors, a sharded index, a PyTorch checkpoint); says what an image, sound or video is.",
        mixinStandardHelpOptions = true)
final class InspectCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Parameters(arity = "1..*", paramLabel = "FILE", description = "Files to look into.")
    private List<Path> files;

    @Option(names = "--json", description = "Print one JSON array instead of text.")
    private boolean json;

    @Option(names = "--summary", description = "Leave out the list of tensors.")
    private boolean summary;

    @Override
    public Integer call() throws JsonProcessingException {
        PrintWriter out = spec.commandLine().getOut();
        List<Object> facts = new ArrayList<>();
        boolean failed = false;
        for (Path file : files) {
            try {
                if (!Files.exists(file)) {
                    throw new WeightsException(file + ": no such file");
                }
                facts.add(look(file, out));
            } catch (WeightsException | MediaException | UncheckedIOException e) {
                failed = true;
                spec.commandLine().getErr().println("earshot inspect: " + e.getMessage());
            }
        }
        if (json) {
            out.println(new ObjectMapper()
                    .enable(SerializationFeature.INDENT_OUTPUT)
                    .writeValueAsString(facts));
        }
        return failed ? ExitCodes.FAILED_INPUTS : ExitCodes.OK;
    }

    /** The facts of one file, printed unless JSON is asked for. */
    private Object look(Path file, PrintWriter out) {
        byte[] head = head(file);
        if (WeightFacts.matches(file, head)) {
            WeightFacts facts = WeightFacts.of(file, head, !summary);
            if (!json) {
                facts.print(out);
            }
            return facts;
        }
        MediaFacts facts = MediaFacts.of(file, head);
        if (!json) {
            facts.print(out);
        }
        return facts;
    }

    /** The first bytes of a file, by which formats are told apart; none of a folder. */
    private static byte[] head(Path file) {
        if (Files.isDirectory(file)) {
            return new byte[0];
        }
        try (InputStream in = Files.newInputStream(file)) {
            return in.readNBytes(16);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + file + ": " + e, e);
        }
    }
}
