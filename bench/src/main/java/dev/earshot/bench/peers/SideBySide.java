package dev.earshot.bench.peers;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.earshot.tensor.DType;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Our side of {@code bench/side-by-side}: loads one workload and answers the commands of bench/peers/driver.py line by line,
 * exactly as bench/peers/runner.py does for the peers. A peer that runs in a Java process lives in this one: {@code
 * peer/open FILE} loads it, and its commands are those of ours behind {@code peer/}.
 */
public final class SideBySide implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String PEER = "peer/";

    /** Makes the peer of this process from a file. */
    interface PeerOpener {
        Workload open(Path file);
    }

    private final Workload workload;
    private final PeerOpener opener;
    private final PrintStream answers;
    private final List<Workload> peers = new ArrayList<>(1);

    SideBySide(Workload workload, PeerOpener opener, PrintStream answers) {
        this.workload = workload;
        this.opener = opener;
        this.answers = answers;
    }

    /** Options: {@code --model= --batch= --precision=fp32|bf16 --blocks= --backend= --threads=}. */
    public static void main(String[] arguments) throws IOException {
        Map<String, String> options = new HashMap<>(Map.of(
                "batch",
                "1",
                "precision",
                "fp32",
                "blocks",
                "0",
                "backend",
                "cpu",
                "model",
                "dino-vitb16",
                "threads",
                "2"));
        for (String argument : arguments) {
            String[] parts = argument.replaceFirst("^--", "").split("=", 2);
            if (parts.length != 2 || options.replace(parts[0], parts[1]) == null) {
                throw new IllegalArgumentException(
                        "SideBySide: expected --NAME=VALUE with a name of " + options.keySet() + ", got " + argument);
            }
        }
        try (Workload workload = open(options);
                SideBySide side = new SideBySide(workload, file -> onnx(options, file), System.out)) {
            side.serve(System.in);
        }
    }

    private static Workload onnx(Map<String, String> options, Path file) {
        int side = ImageWorkloads.SIDE;
        return new OnnxWorkload(
                file, Integer.parseInt(options.get("threads")), Integer.parseInt(options.get("batch")), 3, side, side);
    }

    private static Workload open(Map<String, String> options) {
        return Workloads.open(
                options.get("backend"),
                options.get("model"),
                Integer.parseInt(options.get("batch")),
                Integer.parseInt(options.get("blocks")),
                options.get("precision").equals("bf16") ? DType.BF16 : DType.F32);
    }

    /** Answers commands until {@code quit} or the end of the input. */
    void serve(InputStream input) throws IOException {
        workload.run();
        answer(Map.of("ready", workload.facts()));
        BufferedReader commands = new BufferedReader(new InputStreamReader(input, StandardCharsets.UTF_8));
        for (String line = commands.readLine(); line != null; line = commands.readLine()) {
            String command = line.strip();
            if (command.equals("quit")) {
                return;
            }
            if (command.startsWith(PEER + "open ")) {
                openPeer(Path.of(command.substring(PEER.length() + "open ".length())));
            } else if (command.startsWith(PEER) && !peers.isEmpty()) {
                obey(peers.getFirst(), command.substring(PEER.length()));
            } else {
                obey(workload, command);
            }
        }
    }

    /** A peer that does not start must not take our own workload with it. */
    private void openPeer(Path file) throws IOException {
        try {
            Workload peer = opener.open(file);
            peers.add(peer);
            peer.run();
            answer(Map.of("ready", peer.facts()));
        } catch (IllegalArgumentException | IllegalStateException | LinkageError e) {
            answer(Map.of("failure", String.valueOf(e.getMessage())));
        }
    }

    /** A row that does not open must not take the session with it. */
    private void openRow(Workload chosen, String words) throws IOException {
        if (!(chosen instanceof OpSession session)) {
            throw new IOException("open: expected --model=" + OpSession.NAME);
        }
        try {
            session.open(words);
            session.run();
            answer(Map.of("ready", session.facts()));
        } catch (RuntimeException | LinkageError e) {
            answer(Map.of("failure", String.valueOf(e.getMessage())));
        }
    }

    private void obey(Workload chosen, String line) throws IOException {
        String[] words = line.split(" ", 2);
        switch (words[0]) {
            case "open" -> openRow(chosen, words[1]);
            case "warm" -> {
                measure(chosen, Integer.parseInt(words[1]));
                answer(Map.of());
            }
            case "round" -> answer(Map.of("millis", measure(chosen, Integer.parseInt(words[1]))));
            case "output" -> answer(written(chosen, Path.of(words[1])));
            default -> throw new IOException("unknown command: " + line);
        }
    }

    private static double[] measure(Workload chosen, int runs) {
        double[] millis = new double[runs];
        for (int i = 0; i < runs; i++) {
            long start = System.nanoTime();
            chosen.run();
            millis[i] = (System.nanoTime() - start) / 1e6;
        }
        return millis;
    }

    /** The answer: nothing, or why there is no result. */
    private static Map<String, String> written(Workload chosen, Path path) throws IOException {
        try {
            write(chosen.output(), path);
            return Map.of();
        } catch (IllegalStateException e) {
            return Map.of("failure", String.valueOf(e.getMessage()));
        }
    }

    private static void write(float[] values, Path path) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(Math.multiplyExact(values.length, Float.BYTES))
                .order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(values);
        Files.write(path, bytes.array());
    }

    /** Closes the peer; the workload is its maker's. */
    @Override
    public void close() {
        peers.forEach(Workload::close);
        peers.clear();
    }

    private void answer(Map<String, ?> values) throws IOException {
        answers.println(JSON.writeValueAsString(values));
        answers.flush();
    }
}
