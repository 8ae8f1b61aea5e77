package dev.earshot.bench.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.earshot.bench.result.Figure;
import dev.earshot.bench.result.FigureFile;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.Backends;
import dev.earshot.tensor.cases.OpCase;
import dev.earshot.tensor.cases.OpCases;
import dev.earshot.tensor.cases.OpContent;
import dev.earshot.tensor.cases.OpRun;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

final class DeviceBenchTest {
    @TempDir
    Path folder;

    @Test
    void everyRowHasItsFloorByThePeaksOfTheSameRun() throws Exception {
        Path out = folder.resolve("device.json");
        int status = new CommandLine(new DeviceBench())
                .execute("--backend", "cpu:1", "--small", "--rows", "l2Normalize", "--out", out.toString());
        assertEquals(0, status);
        List<Figure> figures = FigureFile.read(out).figures();
        double copy = figures.stream()
                .filter(figure -> figure.name().equals(DevicePeaks.COPY))
                .findFirst()
                .orElseThrow()
                .value();
        List<Figure> rows = figures.stream()
                .filter(figure -> figure.name().startsWith("l2Normalize"))
                .toList();
        assertFalse(rows.isEmpty());
        for (Figure row : rows) {
            double floor = Double.parseDouble(row.note().split(" ")[1]);
            // Printed with two decimals; by bytes or, where the processor multiplies slowly, by operations.
            assertTrue(floor >= row.work().bytes() / copy / 1e3 - 0.006, row::toString);
        }
    }

    @Test
    void elementsThatNobodyHasWrittenAreCounted() {
        OpCase row = OpCases.all().stream()
                .filter(each -> each.op().equals("l2Normalize") && each.bytes() > 0)
                .findFirst()
                .orElseThrow();
        try (Backend backend = Backends.open("cpu:1");
                OpRun run = row.open(backend, 1)) {
            assertTrue(run.contents().getFirst().notNumbers() > 0, "nobody has run it yet");
            run.execute();
            List<OpContent> first = run.contents();
            assertEquals(0, first.getFirst().notNumbers());
            run.execute();
            assertEquals(first, run.contents());
            assertFalse(run.accumulates());
        }
    }
}
