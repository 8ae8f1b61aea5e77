package dev.earshot.bench.peers;

import dev.earshot.cuda.CudaDiagnostics;
import dev.earshot.tensor.Backend;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalLong;

/** Something a peer does as well: made once, run many times, its result compared before anything is timed. */
public interface Workload extends AutoCloseable {
    /** One run; the result is complete when it returns. */
    void run();

    /** The result of the last run. */
    float[] output();

    /** What the last run cost the host beside waiting for a device, in nanoseconds, if the workload tells it. */
    default OptionalLong hostNanos() {
        return OptionalLong.empty();
    }

    /** Versions and settings for the report. */
    Map<String, Object> facts();

    /** What every workload of ours says of itself; a map to be added to. */
    static Map<String, Object> settings(Backend backend) {
        Map<String, Object> facts = new LinkedHashMap<>();
        facts.put("backend", backend.info().name());
        facts.put("libraries", String.join(", ", backend.info().libraries()));
        facts.put("java", System.getProperty("java.version"));
        CudaDiagnostics.open().stream()
                .mapToLong(CudaDiagnostics::peakBytes)
                .max()
                .ifPresent(bytes -> facts.put("peak_device_mb", bytes >> 20));
        return facts;
    }

    @Override
    void close();
}
