package dev.earshot.bench.peers;

import dev.earshot.tensor.Backend;
import dev.earshot.tensor.Backends;
import dev.earshot.tensor.DType;
import java.util.LinkedHashMap;
import java.util.Map;

/** Rows of {@link OpRows} one after the other in one process, so that a table of them does not start a process for each. */
final class OpSession implements Workload {
    /** As a model: what {@code bench/side-by-side} starts for all rows. */
    static final String NAME = "ops";

    private static final String TF32 = "tf32";

    private final String backendName;
    private final Map<String, Backend> backends = new LinkedHashMap<>();
    private Workload current;

    /** Opens the backend; rows in tf32 get one more. */
    OpSession(String backendName) {
        this.backendName = backendName;
        backend(backendName);
    }

    private Backend backend(String name) {
        return backends.computeIfAbsent(name, Backends::open);
    }

    /**
     * Closes the row that was open and opens another.
     *
     * @param words name, batch, {@code fp32|tf32|bf16}, number of blocks (1 for small sizes)
     */
    void open(String words) {
        String[] parts = words.split(" ");
        if (parts.length < 4) {
            throw new IllegalArgumentException("open: expected NAME BATCH PRECISION BLOCKS, got " + words);
        }
        closeRow();
        String precision = parts[2];
        Backend on = backend(precision.equals(TF32) ? backendName + ":" + TF32 : backendName);
        DType compute = precision.equals("bf16") ? DType.BF16 : DType.F32;
        current = new OpPeerWorkload(on, false, parts[0], Integer.parseInt(parts[1]), parts[3].equals("1"), compute);
    }

    /** Nothing before a row is open. */
    @Override
    public void run() {
        if (current != null) {
            current.run();
        }
    }

    @Override
    public float[] output() {
        if (current == null) {
            throw new IllegalStateException("output: expected an open row, got none; call open first");
        }
        return current.output();
    }

    @Override
    public Map<String, Object> facts() {
        return current == null ? Workload.settings(backends.get(backendName)) : current.facts();
    }

    private void closeRow() {
        if (current != null) {
            current.close();
            current = null;
        }
    }

    @Override
    public void close() {
        closeRow();
        backends.values().forEach(Backend::close);
        backends.clear();
    }
}
