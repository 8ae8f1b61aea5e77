package dev.earshot.tools.browser;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.earshot.tools.Main;
import java.awt.image.BufferedImage;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** The pages that people get to see, opened in WebKit at the widths of a phone and of a desk; pictures go to target/. */
class ReportInBrowserTest {
    private static final int PHONE = 390;
    private static final int DESK = 1200;

    @TempDir
    private static Path folder;

    private static Browser browser;
    private static Path report;

    @BeforeAll
    static void evaluateAFewClipsAndStartTheBrowser() throws Exception {
        run(
                "demo-world",
                "--split",
                "test",
                "--clips",
                "3",
                "--seed",
                "9",
                "--layout",
                "ms3",
                "--no-video",
                "--out",
                folder);
        run("eval", "ms3", "--data", folder, "--out", folder.resolve("out"), "--quiet");
        report = folder.resolve("out/report.html");
        browser = Browser.start();
    }

    @AfterAll
    static void stop() throws Exception {
        browser.close();
    }

    private static void run(Object... args) {
        StringWriter words = new StringWriter();
        CommandLine line = Main.commandLine().setOut(new PrintWriter(words)).setErr(new PrintWriter(words));
        String[] strings = java.util.Arrays.stream(args).map(Object::toString).toArray(String[]::new);
        assertEquals(0, line.execute(strings), words::toString);
    }

    private static int number(String expression) throws Exception {
        return ((Number) browser.script(expression)).intValue();
    }

    private static BufferedImage keep(String name) throws Exception {
        BufferedImage picture = browser.picture();
        Path file = Path.of("target", "pages", name + ".png");
        Files.createDirectories(file.getParent());
        ImageIO.write(picture, "png", file.toFile());
        return picture;
    }

    @Test
    void everyPictureOfTheReportIsShown() throws Exception {
        browser.open(report, DESK, 900);
        assertEquals(
                "MoCA, frozen features on AVSBench-object MS3 (multiple sources)", browser.script("document.title"));
        assertEquals(3 * 4 * 5, number("document.images.length"));
        assertEquals(0, number("[...document.images].filter(i => !i.complete || i.naturalWidth < 100).length"));
        assertEquals(0, number("[...document.images].filter(i => i.alt.length < 5).length"));
        assertEquals(0, number("document.scripts.length + document.querySelectorAll('link').length"));
        assertTrue(number("document.querySelectorAll('svg rect').length") > 0);
    }

    @Test
    void theReportFitsAPhoneAndADesk() throws Exception {
        for (int width : List.of(PHONE, DESK)) {
            browser.open(report, width, 844);
            int shown = number("document.documentElement.clientWidth");
            assertTrue(shown > width - 40 && shown <= width, "page of " + shown + " in a window of " + width);
            assertEquals(shown, number("document.documentElement.scrollWidth"), "wider than the window of " + width);
            assertEquals(
                    0,
                    number("[...document.querySelectorAll('h1,h2,p,dd,article,img')]"
                            + ".filter(e => e.getBoundingClientRect().right > innerWidth + 1).length"),
                    "something sticks out at " + width);
            int smallest = number("Math.min(...[...document.querySelectorAll('p,td,dd,dt,h4')]"
                    + ".map(e => parseFloat(getComputedStyle(e).fontSize)))");
            assertTrue(smallest >= 11, "letters of " + smallest + " px at " + width);
            BufferedImage picture = keep("report-" + width);
            assertTrue(colours(picture) > 50, "an empty page at " + width);
        }
    }

    @Test
    void theDemosPageShowsItsClips() throws Exception {
        run("demo", "--clips", "2", "--seed", "3", "--out", folder.resolve("demo"), "--quiet");
        for (int width : List.of(PHONE, DESK)) {
            browser.open(folder.resolve("demo/report.html"), width, 844);
            assertEquals("Earshot on the demo world", browser.script("document.title"));
            assertEquals(4, number("document.querySelectorAll('article').length"));
            assertEquals(4, number("document.querySelectorAll('audio').length"));
            assertEquals(0, number("[...document.images].filter(i => !i.complete || i.naturalWidth < 100).length"));
            assertEquals(
                    number("document.documentElement.clientWidth"), number("document.documentElement.scrollWidth"));
            keep("demo-" + width);
        }
    }

    @Test
    void textStandsOutFromItsGroundByDayAndByNight() throws Exception {
        browser.open(report, DESK, 900);
        assertTrue(contrast() >= 4.5, "contrast by day " + contrast());
        // The engine has no dark setting to turn: the rules for the dark are put in force by hand.
        browser.script("(() => { const css = document.querySelector('style');"
                + "css.textContent = css.textContent.replace('(prefers-color-scheme: dark)', 'all'); })()");
        assertTrue(contrast() >= 4.5, "contrast by night " + contrast());
        int ground = keep("report-dark").getRGB(2, 2) & 0xff;
        assertTrue(ground < 0x40, "ground " + ground);
    }

    /** The smallest contrast (WCAG 2) of text that lies on the page, on cards and on cautions. */
    private static double contrast() throws Exception {
        return ((Number) browser.script("(() => {"
                        + "const rgb = s => s.match(/[\\d.]+/g).slice(0, 3).map(Number);"
                        + "const light = c => { const [r, g, b] = c.map(v => (v /= 255) <= 0.03928 ? v / 12.92"
                        + " : Math.pow((v + 0.055) / 1.055, 2.4)); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };"
                        + "const ground = e => { for (; e; e = e.parentElement) { const s = getComputedStyle(e)"
                        + ".backgroundColor; if (s !== 'transparent' && !s.endsWith(', 0)')) return rgb(s); }"
                        + " return [255, 255, 255]; };"
                        + "let least = 21; for (const e of document.querySelectorAll('h1,h2,h4,p,td,th,dd,dt,caption')) {"
                        + "const a = light(rgb(getComputedStyle(e).color)), b = light(ground(e));"
                        + "least = Math.min(least, (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)); }"
                        + "return least; })()"))
                .doubleValue();
    }

    private static int colours(BufferedImage picture) {
        Set<Integer> seen = new HashSet<>();
        for (int y = 0; y < picture.getHeight(); y += 3) {
            for (int x = 0; x < picture.getWidth(); x += 3) {
                seen.add(picture.getRGB(x, y));
            }
        }
        return seen.size();
    }
}
