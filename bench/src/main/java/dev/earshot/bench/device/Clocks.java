package dev.earshot.bench.device;

import dev.earshot.bench.result.Card;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Clocks, temperature and power of a card at one moment, as {@code nvidia-smi} says them. */
final class Clocks {
    private static final List<String> COMMAND = List.of(
            "nvidia-smi",
            "--query-gpu=clocks.sm,clocks.max.sm,clocks.mem,temperature.gpu,power.draw,power.limit",
            "--format=csv,noheader");

    private Clocks() {}

    /** One line; says why where there is none. */
    static String now(String backend) {
        if (!Card.PREFIX.equals(Card.prefix(backend))) {
            return "clocks: not a card";
        }
        try {
            Process process =
                    new ProcessBuilder(COMMAND).redirectErrorStream(true).start();
            String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            return "clocks (SM, most, memory, degrees C, power, limit): "
                    + said.strip().replace("\n", " | ");
        } catch (IOException e) {
            return "clocks: " + e.getMessage();
        }
    }
}
