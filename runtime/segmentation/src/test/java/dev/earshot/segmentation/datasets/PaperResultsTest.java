package dev.earshot.segmentation.datasets;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.earshot.segmentation.datasets.PaperResults.Row;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class PaperResultsTest {
    private static final PaperResults PAPERS = PaperResults.load();

    private static Row row(String method, String paper) {
        List<Row> rows = PAPERS.rows().stream()
                .filter(row -> row.method().equals(method) && row.papers().contains(paper))
                .toList();
        assertFalse(rows.isEmpty(), method);
        return rows.getFirst();
    }

    @Test
    void fractionsAndPercentagesBecomeFractions() {
        assertEquals(0.57, row("MoCA", "MoCA").figure(BenchmarkKind.MS3, PaperResults.MIOU), 1e-12);
        assertEquals(0.8152, row("SeAC (CLIP ResNet-50)", "SeAC").figure(BenchmarkKind.S4, PaperResults.FSCORE), 1e-12);
        Stream.concat(PAPERS.rows().stream(), PAPERS.ablations().stream())
                .flatMap(row -> row.figures().values().stream())
                .flatMap(figures -> figures.values().stream())
                .forEach(figure -> assertTrue(figure > 0.1 && figure < 0.95, figure.toString()));
    }

    @Test
    void everyBenchmarkHasItsRows() {
        assertEquals(14 + 6, PAPERS.on(BenchmarkKind.S4).size()); // MoCA's and CMSF's table + SeAC's
        assertEquals(13 + 6, PAPERS.on(BenchmarkKind.MS3).size()); // without AV-SAM
        assertEquals(7 + 5, PAPERS.on(BenchmarkKind.AVSS).size());
        assertEquals(7, PAPERS.on(BenchmarkKind.VGGSS).size());
        assertEquals(7, PAPERS.on(BenchmarkKind.EXTENDED_VGGSS).size());
    }

    @Test
    void missingFiguresAreNotANumber() {
        assertTrue(Double.isNaN(row("AV-SAM", "CMSF").figure(BenchmarkKind.MS3, PaperResults.MIOU)));
        assertTrue(Double.isNaN(row("SeAC", "SeAC").figure(BenchmarkKind.VGGSS, PaperResults.AP)));
    }

    @Test
    void supervisionIsMarked() {
        assertTrue(row("COMBO", "MoCA").supervised());
        assertFalse(row("MoCA", "MoCA").supervised());
        assertEquals(List.of("MoCA", "CMSF"), row("OWOD-BIND", "CMSF").papers());
    }
}
