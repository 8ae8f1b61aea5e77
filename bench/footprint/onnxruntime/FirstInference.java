package dev.earshot.footprint;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.Map;

/** ONNX Runtime on a model file with the same weights. */
final class FirstInference implements Network.Engine {
    private final OrtEnvironment environment = OrtEnvironment.getEnvironment();
    private final OrtSession session;

    private FirstInference(Path folder) throws OrtException {
        session = environment.createSession(folder.resolve("network.onnx").toString());
    }

    public static void main(String[] arguments) throws Exception {
        Network.serve(arguments, FirstInference::new);
    }

    @Override
    public float[] run(float[] rows, int count) throws OrtException {
        try (OnnxTensor x = OnnxTensor.createTensor(environment, FloatBuffer.wrap(rows), new long[] {count, Network.WIDTH});
                OrtSession.Result result = session.run(Map.of("x", x))) {
            float[] values = new float[count * Network.WIDTH];
            ((OnnxTensor) result.get(0)).getFloatBuffer().get(values);
            return values;
        }
    }

    @Override
    public void close() throws OrtException {
        session.close();
    }
}
