package dev.earshot.bench.scaling;

import dev.earshot.bench.result.Figure;
import dev.earshot.bench.result.FigureFile;
import dev.earshot.bench.result.Machine;
import dev.earshot.bench.result.Series;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Time and memory against the size of the work, with the exponent of each curve and the place where it bends. Every
 * point runs in a process of its own.
 */
@Command(
        name = "scaling",
        mixinStandardHelpOptions = true,
        description = "Measures time and memory against clip length, clips, batch, threads, image size and table size.")
public final class ScalingBench implements Callable<Integer> {
    @Option(names = "--out", required = true, paramLabel = "FILE", description = "JSON file to write.")
    private Path out;

    @Option(names = "--quick", description = "Fewer sizes and rounds: about a minute and a half instead of ten.")
    private boolean quick;

    @Option(
            names = "--only",
            split = ",",
            paramLabel = "NAME",
            description = "Only these: ${COMPLETION-CANDIDATES}.",
            converter = PartConverter.class)
    private List<Part> only = List.of(Part.values());

    @Option(
            names = "--sample",
            paramLabel = "MP4",
            defaultValue = "samples/one-sounds.mp4",
            description = "Clip that is repeated; ${DEFAULT-VALUE}.")
    private Path sample;

    /** What can be measured. */
    enum Part {
        LENGTH,
        CLIPS,
        BATCH,
        THREADS,
        SIDE,
        NEIGHBOURS
    }

    /** Reads names in small letters. */
    private static final class PartConverter implements CommandLine.ITypeConverter<Part> {
        @Override
        public Part convert(String name) {
            return Part.valueOf(name.toUpperCase(Locale.ROOT));
        }
    }

    /** Runs it. */
    public static void main(String[] arguments) {
        System.exit(new CommandLine(new ScalingBench()).execute(arguments));
    }

    @Override
    public Integer call() throws IOException {
        Machine machine = Machine.here();
        List<Series> series = new ArrayList<>();
        List<Figure> figures = new ArrayList<>();
        for (Part part : only) {
            long start = System.nanoTime();
            Curves curves = measure(part);
            curves.series().forEach(each -> System.out.println(line(each)));
            curves.figures().forEach(each -> System.out.println(line(each)));
            System.out.printf(Locale.ROOT, "%s: %.0f s%n", command(part), (System.nanoTime() - start) / 1e9);
            series.addAll(curves.series());
            figures.addAll(curves.figures());
            new FigureFile(machine, figures, series).write(out); // what is there so far, should a later part fail
        }
        return 0;
    }

    private Curves measure(Part part) {
        String command = command(part);
        return switch (part) {
            case LENGTH -> new ClipCurves(sample, command, quick).length();
            case CLIPS -> new ClipCurves(sample, command, quick).clips();
            case BATCH -> new WorkloadCurves(command, quick).batch();
            case THREADS -> new WorkloadCurves(command, quick).threads();
            case SIDE -> new WorkloadCurves(command, quick).side();
            case NEIGHBOURS -> new WorkloadCurves(command, quick).neighbours();
        };
    }

    private static String command(Part part) {
        return "java -cp 'bench/target/app/*' " + ScalingBench.class.getName() + " --out FILE.json --only "
                + part.name().toLowerCase(Locale.ROOT);
    }

    static String line(Series series) {
        StringBuilder line = new StringBuilder(series.name() + " against " + series.x() + ":");
        for (Series.Point point : series.points()) {
            line.append(String.format(Locale.ROOT, " %,.0f: %s", point.x(), number(point.value())));
        }
        line.append(' ').append(series.unit());
        if (!Double.isNaN(series.exponent())) {
            line.append(String.format(Locale.ROOT, "; exponent %.2f", series.exponent()));
        }
        return series.bend().isEmpty() ? line.toString() : line + "; " + series.bend();
    }

    private static String line(Figure figure) {
        return figure.name() + ": " + number(figure.value()) + " " + figure.unit();
    }

    private static String number(double value) {
        return String.format(Locale.ROOT, value < 10 ? "%.2f" : value < 100 ? "%.1f" : "%,.0f", value);
    }
}
