package dev.earshot.tools.eval;

import dev.earshot.segmentation.output.AtomicFiles;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * A page that is one file: pictures, style and charts are in it, no script, nothing from elsewhere. Readable at any width,
 * light or dark as the reader's system is.
 */
final class Page {
    private final Html html = new Html();
    private final String title;

    Page(String title, String lead) {
        this.title = title;
        html.raw("<header>")
                .element("h1", title)
                .element("p class=\"lead\"", lead)
                .raw("</header>\n<main>\n");
    }

    Page heading(String text) {
        html.element("h2", text).raw("\n");
        return this;
    }

    Page paragraph(String text) {
        html.element("p", text).raw("\n");
        return this;
    }

    /** What must not be overlooked. */
    Page caution(String text) {
        html.element("p class=\"caution\" role=\"note\"", text).raw("\n");
        return this;
    }

    /** A few large figures. */
    Page figures(Map<String, String> words) {
        html.raw("<dl class=\"figures\">");
        words.forEach((name, value) ->
                html.raw("<div>").element("dt", name).element("dd", value).raw("</div>"));
        html.raw("</dl>\n");
        return this;
    }

    /** A table; {@code highlight} is the number of a row to set off, or -1. */
    Page table(Table table, int highlight) {
        html.raw("<div class=\"scroll\" tabindex=\"0\"><table>").element("caption", table.caption());
        html.raw("<thead><tr>");
        for (int c = 0; c < table.headers().size(); c++) {
            int column = c;
            boolean numbers =
                    !table.rows().isEmpty() && table.rows().stream().allMatch(r -> r.get(column) instanceof Number);
            html.element(
                    numbers ? "th scope=\"col\" class=\"n\"" : "th scope=\"col\"",
                    table.headers().get(c));
        }
        html.raw("</tr></thead><tbody>\n");
        for (int r = 0; r < table.rows().size(); r++) {
            html.raw(r == highlight ? "<tr class=\"ours\">" : "<tr>");
            table.rows().get(r).forEach(cell -> html.raw(Html.cell(cell)));
            html.raw("</tr>\n");
        }
        html.raw("</tbody></table></div>\n");
        return this;
    }

    /** Names and values behind a line that opens them. */
    Page details(String summary, Map<String, String> words) {
        html.raw("<details>").element("summary", summary).raw("<dl class=\"words\">");
        words.forEach((name, value) -> html.element("dt", name).element("dd", value));
        html.raw("</dl></details>\n");
        return this;
    }

    Page histogram(List<Outcome.FrameIou> frames) {
        html.raw("<figure>").raw(Histogram.svg(frames)).raw("<figcaption>How often a frame reaches which IoU");
        if (frames.stream().anyMatch(Outcome.FrameIou::emptyTarget)) {
            html.raw(
                    "; <span class=\"key bar0\"></span> something sounds, <span class=\"key bar1\"></span> nothing does");
        }
        html.raw("</figcaption></figure>\n");
        return this;
    }

    /** The colours of overlays. */
    Page legend() {
        html.raw("<p class=\"legend\">Overlay: <span class=\"key hit\"></span> found, "
                + "<span class=\"key extra\"></span> too much, <span class=\"key missed\"></span> missed</p>\n");
        return this;
    }

    Page strips(List<Strip> strips) {
        html.raw("<div class=\"strips\">\n");
        for (Strip strip : strips) {
            html.raw("<article class=\"strip\">").element("h4", strip.title()).element("p", strip.note());
            html.raw("<audio controls=\"\" preload=\"none\" aria-label=\"")
                    .text("Sound of " + strip.title())
                    .raw("\" src=\"" + strip.sound() + "\"></audio>");
            for (Strip.Row row : strip.rows()) {
                html.raw("<p class=\"row\">").text(row.name()).raw("</p>");
                html.raw("<div class=\"pictures\" style=\"--n:" + row.pictures().size() + "\">");
                for (Strip.Picture picture : row.pictures()) {
                    html.raw("<img width=\"" + picture.width() + "\" height=\"" + picture.height() + "\" alt=\"")
                            .text(picture.alt())
                            .raw("\" src=\"" + picture.data() + "\">");
                }
                html.raw("</div>\n");
            }
            html.raw("</article>\n");
        }
        html.raw("</div>\n");
        return this;
    }

    /** Writes the page; a file of that name is replaced in one step. */
    void write(Path file, String footer) {
        Html page = new Html();
        page.raw("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n")
                .raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n")
                .raw("<meta name=\"color-scheme\" content=\"light dark\">\n")
                .element("title", title)
                .raw("\n<style>\n" + style() + "</style>\n</head>\n<body>\n")
                .raw(html.toString())
                .raw("</main>\n")
                .element("footer", footer)
                .raw("\n</body>\n</html>\n");
        AtomicFiles.write(file, out -> out.write(page.toString().getBytes(StandardCharsets.UTF_8)));
    }

    private static String style() {
        try (InputStream in = Page.class.getResourceAsStream("report.css")) {
            if (in == null) {
                throw new IllegalStateException("report.css is missing from the tools jar; rebuild it");
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException("report.css of the tools jar cannot be read", e);
        }
    }
}
