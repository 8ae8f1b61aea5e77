package dev.earshot.tools;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the documents say must exist: the quoted example is the compiled one, and local links lead somewhere. */
class ReadmeTest {
    private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
    private static final Pattern LINK = Pattern.compile("\\]\\(([^)#:]+)\\)");

    @ParameterizedTest
    @CsvSource({"SegmentVideo, README.md", "AskSam, docs/segment-anything.md"})
    void theQuotedExampleIsTheOneTheBuildCompiles(String example, String document) throws IOException {
        String source = Files.readString(
                ROOT.resolve("runtime/segmentation/src/test/java/dev/earshot/examples/" + example + ".java"));
        int begin = source.indexOf("// example: begin\n") + "// example: begin\n".length();
        int end = source.indexOf("        // example: end");
        assertTrue(begin > 0 && end > begin, "the example has lost its marks");
        String quoted = source.substring(begin, end).stripTrailing().stripIndent();
        assertFalse(quoted.isBlank());
        assertTrue(Files.readString(ROOT.resolve(document)).contains(quoted), document + " does not quote:\n" + quoted);
    }

    @Test
    void localLinksOfTheDocumentsLeadSomewhere() throws IOException {
        List<Path> documents = new ArrayList<>(List.of(ROOT.resolve("README.md"), ROOT.resolve("CONTRIBUTING.md")));
        try (Stream<Path> files = Files.list(ROOT.resolve("docs"))) {
            files.filter(file -> file.toString().endsWith(".md")).forEach(documents::add);
        }
        for (Path document : documents) {
            Matcher link = LINK.matcher(Files.readString(document));
            while (link.find()) {
                Path target = document.resolveSibling(link.group(1));
                assertTrue(Files.exists(target), document.getFileName() + " links to " + link.group(1));
            }
        }
    }
}
