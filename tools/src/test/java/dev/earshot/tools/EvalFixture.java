package dev.earshot.tools;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** A miniature demo world in AVSBench's layouts, and the {@code eval} command to run on it. */
abstract class EvalFixture {
    static final int SIDE = 224;

    @TempDir
    static Path world;

    @TempDir
    Path out;

    final StringWriter stdout = new StringWriter();
    final StringWriter stderr = new StringWriter();

    @BeforeAll
    static void makeAFewClips() {
        assertEquals(
                0,
                Main.commandLine()
                        .setErr(new PrintWriter(new StringWriter()))
                        .execute(
                                "demo-world",
                                "--split",
                                "test",
                                "--clips",
                                "3",
                                "--seed",
                                "77",
                                "--no-video",
                                "--out",
                                world.toString()));
    }

    final int run(Object... args) {
        CommandLine line = Main.commandLine();
        line.setOut(new PrintWriter(stdout, true));
        line.setErr(new PrintWriter(stderr, true));
        return line.execute(Stream.of(args).map(Object::toString).toArray(String[]::new));
    }

    final JsonNode metrics() throws IOException {
        return new ObjectMapper().readTree(out.resolve("metrics.json").toFile());
    }

    static boolean[] pixels(Path file) throws IOException {
        BufferedImage image = ImageIO.read(file.toFile());
        assertEquals(SIDE, image.getWidth());
        boolean[] set = new boolean[SIDE * SIDE];
        for (int i = 0; i < set.length; i++) {
            set[i] = (image.getRGB(i % SIDE, i / SIDE) & 255) > 127;
        }
        return set;
    }
}
