package dev.earshot.footprint;

import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import org.tensorflow.EagerSession;
import org.tensorflow.Operand;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.ndarray.buffer.DataBuffers;
import org.tensorflow.op.Ops;
import org.tensorflow.op.linalg.MatMul;
import org.tensorflow.types.TFloat32;

/** TensorFlow Java, op by op in an eager session; GELU by its formula, since there is no such op. */
final class FirstInference implements Network.Engine {
    private final EagerSession session = EagerSession.create();
    private final Ops tf = Ops.create(session);
    private final Operand<TFloat32> upWeight;
    private final Operand<TFloat32> upBias;
    private final Operand<TFloat32> downWeight;
    private final Operand<TFloat32> downBias;
    private final Operand<TFloat32> half = tf.constant(0.5f);
    private final Operand<TFloat32> one = tf.constant(1f);
    private final Operand<TFloat32> rootHalf = tf.constant((float) Math.sqrt(0.5));

    private FirstInference(Path folder) throws IOException {
        upWeight = constant(Network.mapped(folder, "up.weight"), Network.HIDDEN, Network.WIDTH);
        upBias = constant(Network.mapped(folder, "up.bias"), Network.HIDDEN);
        downWeight = constant(Network.mapped(folder, "down.weight"), Network.WIDTH, Network.HIDDEN);
        downBias = constant(Network.mapped(folder, "down.bias"), Network.WIDTH);
    }

    public static void main(String[] arguments) throws Exception {
        Network.serve(arguments, FirstInference::new);
    }

    private Operand<TFloat32> constant(FloatBuffer values, long... dims) {
        return tf.constantOf(TFloat32.tensorOf(Shape.of(dims), DataBuffers.of(values)));
    }

    @Override
    public float[] run(float[] rows, int count) {
        Operand<TFloat32> x = constant(FloatBuffer.wrap(rows), count, Network.WIDTH);
        Operand<TFloat32> hidden = gelu(linear(x, upWeight, upBias));
        float[] values = new float[count * Network.WIDTH];
        linear(hidden, downWeight, downBias).asTensor().asRawTensor().data().asFloats().read(values);
        return values;
    }

    private Operand<TFloat32> linear(Operand<TFloat32> x, Operand<TFloat32> weight, Operand<TFloat32> bias) {
        return tf.math.add(tf.linalg.matMul(x, weight, MatMul.transposeB(true)), bias);
    }

    private Operand<TFloat32> gelu(Operand<TFloat32> x) {
        Operand<TFloat32> share = tf.math.add(one, tf.math.erf(tf.math.mul(x, rootHalf)));
        return tf.math.mul(tf.math.mul(half, x), share);
    }

    @Override
    public void close() {
        session.close();
    }
}
