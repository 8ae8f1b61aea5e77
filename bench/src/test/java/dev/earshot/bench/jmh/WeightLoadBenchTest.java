package dev.earshot.bench.jmh;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.earshot.tensor.DType;
import java.io.IOException;
import org.junit.jupiter.api.Test;

final class WeightLoadBenchTest {
    @Test
    void everyTensorOfTheFileReachesTheScopeInTheWantedType() throws IOException {
        WeightLoadBench bench = new WeightLoadBench();
        bench.backendName = "cpu:1";
        bench.mebibytes = 8;
        bench.use = "tensor";
        bench.dtype = DType.BF16;
        bench.open();
        try {
            assertEquals(4 << 20, bench.load(), "bytes of 8 MiB of F32 as BF16");
        } finally {
            bench.close();
        }
    }
}
