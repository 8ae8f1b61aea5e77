package dev.earshot.bench.peers;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import dev.earshot.models.Filler;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * ONNX Runtime through its Java API, in our own process: the peer that a Java program would otherwise embed. Its input is
 * made once in native memory and its result stays there, as in {@link ImageWorkloads}. Between runs its threads sleep, so
 * that they do not spin while the other engine of the process is measured.
 */
final class OnnxWorkload implements Workload {
    private static final String FORCE_SPINNING_STOP = "session.force_spinning_stop";

    private final OrtEnvironment environment = OrtEnvironment.getEnvironment();
    private final OrtSession session;
    private final OnnxTensor input;
    private final int threads;
    private OrtSession.Result result;

    /**
     * Opens a model.
     *
     * @param file a graph with one input, a float32 image whose values are the filler's {@code input.image}
     * @param threads of one operation
     * @throws IllegalArgumentException if ONNX Runtime refuses the file
     */
    OnnxWorkload(Path file, int threads, long... imageShape) {
        this.threads = threads;
        try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
            options.setIntraOpNumThreads(threads);
            options.setInterOpNumThreads(1);
            options.addConfigEntry(FORCE_SPINNING_STOP, "1");
            session = environment.createSession(file.toString(), options);
            float[] image = Filler.tensor("input.image", imageShape).toFloats();
            input = OnnxTensor.createTensor(environment, FloatBuffer.wrap(image), imageShape);
        } catch (OrtException e) {
            throw new IllegalArgumentException("ONNX Runtime cannot open " + file + ": " + e.getMessage(), e);
        }
    }

    @Override
    public void run() {
        try {
            if (result != null) {
                result.close();
            }
            result = session.run(Map.of(session.getInputNames().iterator().next(), input));
        } catch (OrtException e) {
            throw new IllegalStateException("ONNX Runtime's pass failed: " + e.getMessage(), e);
        }
    }

    /** The first output of the last run. */
    @Override
    public float[] output() {
        FloatBuffer values = ((OnnxTensor) result.get(0)).getFloatBuffer();
        float[] copy = new float[values.remaining()];
        values.get(copy);
        return copy;
    }

    @Override
    public Map<String, Object> facts() {
        Map<String, Object> facts = new LinkedHashMap<>();
        facts.put("onnxruntime", environment.getVersion());
        facts.put("java", System.getProperty("java.version"));
        facts.put("threads", threads);
        facts.put("process", "shared with earshot, spinning stopped between runs");
        return facts;
    }

    @Override
    public void close() {
        try {
            if (result != null) {
                result.close();
            }
            input.close();
            session.close();
        } catch (OrtException e) {
            throw new IllegalStateException("ONNX Runtime's session does not close: " + e.getMessage(), e);
        }
    }
}
