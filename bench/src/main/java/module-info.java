/** Measurements: JMH benchmarks and our side of the runs beside peers. */
@SuppressWarnings("requires-automatic") // JCuda, JMH, ONNX Runtime and XChart ship without a module descriptor
open module dev.earshot.bench {
    requires dev.earshot.cuda;
    requires dev.earshot.kernels;
    requires dev.earshot.models;
    requires dev.earshot.segmentation;
    requires dev.earshot.tools;
    requires com.fasterxml.jackson.databind;
    requires com.microsoft.onnxruntime;
    requires info.picocli;
    requires java.desktop;
    requires java.management;
    requires jcuda;
    requires jmh.core;
    requires xchart;
}
