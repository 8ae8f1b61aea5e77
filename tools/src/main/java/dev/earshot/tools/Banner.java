package dev.earshot.tools;

import dev.earshot.tensor.BackendInfo;
import java.io.PrintWriter;

/** The line with which a command that computes says where it does so: version, device, libraries. */
final class Banner {
    private Banner() {}

    /** Prints the line, and flushes. */
    static void print(PrintWriter err, BackendInfo backend) {
        err.println("earshot %s on %s (%s), %s"
                .formatted(
                        Versions.all().get("earshot"),
                        backend.name(),
                        backend.device(),
                        String.join(", ", backend.libraries())));
        err.flush();
    }
}
