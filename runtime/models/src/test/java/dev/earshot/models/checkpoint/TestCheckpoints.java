package dev.earshot.models.checkpoint;

import java.io.IOException;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;

/** The committed checkpoint files of the tests. */
final class TestCheckpoints {
    private TestCheckpoints() {}

    static Path path(String name) {
        URL url = TestCheckpoints.class.getResource("/checkpoints/" + name);
        if (url == null) {
            throw new IllegalArgumentException("no test resource checkpoints/" + name);
        }
        try {
            return Path.of(url.toURI());
        } catch (URISyntaxException e) {
            throw new IllegalArgumentException(e);
        }
    }

    static byte[] bytes(String name) throws IOException {
        return Files.readAllBytes(path(name));
    }
}
