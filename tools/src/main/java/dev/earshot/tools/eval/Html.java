package dev.earshot.tools.eval;

import java.util.Locale;

/** Text that becomes HTML: appended markup is ours, appended text is escaped. */
final class Html {
    private final StringBuilder out = new StringBuilder();

    /** Appends markup as it is. */
    Html raw(String markup) {
        out.append(markup);
        return this;
    }

    /** Appends text. */
    Html text(String text) {
        out.append(escape(text));
        return this;
    }

    /** Appends an element that holds only text. */
    Html element(String name, String text) {
        return raw("<" + name + ">").text(text).raw("</" + name.split(" ", 2)[0] + ">");
    }

    /** Text for content and for attributes in double quotes. */
    static String escape(String text) {
        StringBuilder escaped = new StringBuilder();
        text.codePoints().forEach(c -> {
            switch (c) {
                case '&' -> escaped.append("&amp;");
                case '<' -> escaped.append("&lt;");
                case '>' -> escaped.append("&gt;");
                case '"' -> escaped.append("&quot;");
                default -> escaped.appendCodePoint(c < 32 && c != '\n' ? ' ' : c);
            }
        });
        return escaped.toString();
    }

    /** A table cell's word and whether it is a number. */
    static String cell(Object value) {
        boolean number = value instanceof Number;
        String word = value instanceof Double fraction ? Figures.word(fraction) : value.toString();
        return (number ? "<td class=\"n\">" : "<td>") + escape(word) + "</td>";
    }

    /** A number in markup. */
    static String number(double value) {
        return String.format(Locale.ROOT, "%.2f", value);
    }

    @Override
    public String toString() {
        return out.toString();
    }
}
