package dev.earshot.tools;

import dev.earshot.tensor.Backends;
import dev.earshot.tools.parity.GoldenCase;
import dev.earshot.tools.parity.KindRunner;
import dev.earshot.tools.parity.KindRunners;
import dev.earshot.tools.parity.Parity;
import dev.earshot.tools.parity.ParityReport;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code earshot parity}: runs golden cases and prints one line for each. */
@Command(
        name = "parity",
        description = "Compares what Earshot computes with recorded results of the reference implementations.",
        mixinStandardHelpOptions = true)
final class ParityCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Parameters(arity = "1..*", paramLabel = "ROOT", description = "Folders to search for cases.")
    private List<Path> roots;

    @Option(
            names = "--backend",
            paramLabel = "NAME",
            defaultValue = "auto",
            description = "What computes: cpu, reference, cuda, cuda:1, simcuda, or auto (default).")
    private String backend;

    @Option(
            names = "--kind",
            paramLabel = "GLOB",
            description = "Only cases of these kinds, for example 'imagebind.*'; may be repeated.")
    private List<String> kinds = new ArrayList<>();

    @Option(
            names = "--precision",
            paramLabel = "TYPE",
            defaultValue = "fp32",
            description =
                    "fp32 (default) with the cases' own tolerances; bf16, or tf32 on a card, with twice the plain formula's error.")
    private String precision;

    @Override
    public Integer call() {
        Parity.Arithmetic arithmetic = Arrays.stream(Parity.Arithmetic.values())
                .filter(each -> each.toString().equals(precision))
                .findFirst()
                .orElseThrow(() -> new ParameterException(
                        spec.commandLine(), "--precision: expected fp32, tf32 or bf16, got " + precision));
        List<GoldenCase> cases = new ArrayList<>();
        roots.forEach(root -> cases.addAll(GoldenCase.find(root)));
        Map<String, KindRunner> runners = KindRunners.all();
        String name = arithmetic.on(backend.equals("auto") && arithmetic == Parity.Arithmetic.TF32 ? "cuda" : backend);
        try (Parity parity = new Parity(runners, () -> Backends.open(name), arithmetic)) {
            ParityReport report = ParityReport.run(
                    cases,
                    kinds,
                    runners,
                    parity,
                    result -> spec.commandLine().getOut().println(result.line()));
            spec.commandLine().getOut().println(report.summary());
            if (report.results().isEmpty()) {
                spec.commandLine().getErr().println("earshot parity: no case found; expected folders with a case.json");
                return ExitCodes.FAILED_INPUTS;
            }
            return report.passed() ? ExitCodes.OK : ExitCodes.FAILED_INPUTS;
        }
    }
}
