/** The command line and the demo world; a program, not a library, so it exports nothing but the goldens to the benchmarks. */
@SuppressWarnings({
    "module", // the benchmarks are compiled later
    "requires-automatic" // progressbar and xchart ship without a module descriptor
})
module dev.earshot.tools {
    requires dev.earshot.bindings;
    requires dev.earshot.cuda;
    requires dev.earshot.models;
    requires dev.earshot.segmentation;
    requires com.fasterxml.jackson.databind;
    requires com.fasterxml.jackson.dataformat.csv;
    requires info.picocli;
    requires java.desktop;
    requires java.logging;
    requires jdk.management;
    requires me.tongfei.progressbar;
    requires xchart;

    exports dev.earshot.tools.parity to
            dev.earshot.bench;

    opens dev.earshot.tools to
            com.fasterxml.jackson.databind,
            info.picocli;
}
