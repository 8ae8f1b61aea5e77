package dev.earshot.bench.suite;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Collectors;

/** The newest figures in short, between two markers of a README. */
final class Readme {
    static final String BEGIN = "<!-- newest figures: ./earshot bench --merge --readme writes this -->";
    static final String END = "<!-- end of the newest figures -->";

    private Readme() {}

    /** What stands between the markers; {@code link} leads to the page. */
    static String block(ResultFile run, String link) {
        String rows = run.aims().stream()
                .filter(aim -> !Double.isNaN(aim.reached()))
                .map(aim -> "| %s | %s %s | %s, %s |"
                        .formatted(aim.name(), Numbers.of(aim.reached()), aim.unit(), aim.limit(), aim.verdict()))
                .collect(Collectors.joining("\n"));
        return "%s, %d threads, %s, commit %s ([all figures and plots](%s); `./earshot bench --peers`):\n\n"
                        .formatted(
                                run.machine().cpu(),
                                run.threads(),
                                run.machine().date().substring(0, 10),
                                run.machine().commit(),
                                link)
                + "| | measured | aim |\n|---|---:|---|\n" + rows;
    }

    /** Replaces what stands between the markers. */
    static void update(Path readme, ResultFile run, Path folder) throws IOException {
        String text = Files.readString(readme);
        int begin = text.indexOf(BEGIN);
        int end = text.indexOf(END);
        if (begin < 0 || end < begin) {
            throw new IllegalStateException("--readme: expected the lines '%s' and '%s' in %s, found none — add them"
                    .formatted(BEGIN, END, readme));
        }
        String link = readme.toAbsolutePath()
                .getParent()
                .relativize(folder.toAbsolutePath().resolve("README.md"))
                .toString();
        Files.writeString(
                readme,
                text.substring(0, begin + BEGIN.length()) + "\n" + block(run, link) + "\n" + text.substring(end));
    }
}
