/** Measurements: JMH benchmarks and our side of the runs beside peers. */
@SuppressWarnings("requires-automatic") // JMH ships without a module descriptor
open module dev.earshot.bench {
    requires dev.earshot.models;
    requires dev.earshot.segmentation;
    requires com.fasterxml.jackson.databind;
    requires info.picocli;
    requires jmh.core;
}
