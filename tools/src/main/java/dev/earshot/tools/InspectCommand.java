package dev.earshot.tools;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import dev.earshot.tensor.weights.WeightsException;
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

/** {@code earshot inspect}: says what is in a weight file without loading it. */
@Command(
        name = "inspect",
        description = "Lists the tensors of weight files: safetensors, a sharded index, or a PyTorch checkpoint.",
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
        List<WeightFacts> facts = new ArrayList<>();
        boolean failed = false;
        for (Path file : files) {
            try {
                if (!Files.exists(file)) {
                    throw new WeightsException(file + ": no such file");
                }
                WeightFacts fact = WeightFacts.of(file, !summary);
                facts.add(fact);
                if (!json) {
                    fact.print(out);
                }
            } catch (WeightsException | UncheckedIOException e) {
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
}
