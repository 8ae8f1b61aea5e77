package dev.earshot.bench.jmh;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.earshot.tensor.cases.OpCase;
import dev.earshot.tensor.cases.OpCase.Scale;
import dev.earshot.tensor.cases.OpCases;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.openjdk.jmh.annotations.Param;

/** JMH wants its parameters as constants; this finds one that the op table does not have (any more). */
final class OpBenchTest {
    @Test
    void everyParameterOfAFamilyIsALargeRow() throws NoSuchFieldException {
        Set<String> table = OpCases.all().stream()
                .filter(row -> row.scale() != Scale.SMALL)
                .map(OpCase::name)
                .collect(Collectors.toSet());
        for (Class<? extends OpBench> family :
                List.of(ElementwiseBench.class, ReduceBench.class, WindowBench.class, LinearInt8Bench.class)) {
            for (String row : family.getField("row").getAnnotation(Param.class).value()) {
                assertTrue(table.contains(row), () -> family.getSimpleName() + ": no row " + row);
            }
        }
    }

    @Test
    void everyParameterIsALargeRowOfItsOp() throws NoSuchFieldException {
        Map<String, Class<? extends OpBench>> benchmarks = Map.ofEntries(
                Map.entry("cosineKMeans", KMeansBench.class),
                Map.entry("mergeTopK", TopKBench.class),
                Map.entry("measureMasks", MaskMeasureBench.class),
                Map.entry("maskBits", MaskBitsBench.class),
                Map.entry("pixelMatching", PixelMatchingBench.class),
                Map.entry("linear", LinearBench.class),
                Map.entry("matmul", MatmulBench.class),
                Map.entry("layerNorm", LayerNormBench.class),
                Map.entry("softmax", SoftmaxBench.class),
                Map.entry("attention", AttentionBench.class),
                Map.entry("gridAttention", GridAttentionBench.class),
                Map.entry("crossModalAttention", CrossModalAttentionBench.class),
                Map.entry("conv2d", ConvolutionBench.class),
                Map.entry("layerNormParameters", LayerNormParametersBench.class),
                Map.entry("l2Normalize", L2NormalizeBench.class),
                Map.entry("unfold", UnfoldBench.class),
                Map.entry("pool2d", PoolBench.class),
                Map.entry("resize", ResizeBench.class));
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
