package dev.earshot.bench;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.earshot.tensor.cases.OpCase;
import dev.earshot.tensor.cases.OpCase.Scale;
import dev.earshot.tensor.cases.OpCases;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.openjdk.jmh.annotations.Param;

/** JMH wants its parameters as constants; this finds one that the op table does not have (any more). */
final class OpBenchTest {
    @Test
    void everyParameterIsALargeRowOfItsOp() throws NoSuchFieldException {
        Map<String, Class<? extends OpBench>> benchmarks = Map.of(
                "cosineKMeans", KMeansBench.class,
                "pixelMatching", PixelMatchingBench.class,
                "linear", LinearBench.class,
                "matmul", MatmulBench.class,
                "layerNorm", LayerNormBench.class,
                "softmax", SoftmaxBench.class,
                "attention", AttentionBench.class,
                "conv2d", ConvolutionBench.class);
        for (Map.Entry<String, Class<? extends OpBench>> each : benchmarks.entrySet()) {
            Set<String> table = OpCases.all().stream()
                    .filter(row -> row.op().equals(each.getKey()) || row.op().equals(each.getKey() + "Backward"))
                    .filter(row -> row.scale() != Scale.SMALL)
                    .map(OpCase::name)
                    .collect(Collectors.toSet());
            Param rows = each.getValue().getField("row").getAnnotation(Param.class);
            for (String row : rows.value()) {
                assertTrue(table.contains(row), () -> each.getValue().getSimpleName() + ": no row " + row);
            }
        }
    }
}
