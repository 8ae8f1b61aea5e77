/** Audio-visual segmentation: media, methods, masks. */
module dev.earshot.segmentation {
    requires transitive dev.earshot.models;
    requires dev.earshot.bindings;
    requires com.fasterxml.jackson.databind;
    requires com.fasterxml.jackson.dataformat.csv;
    requires java.desktop;

    exports dev.earshot.segmentation.audio;
    exports dev.earshot.segmentation.cascade;
    exports dev.earshot.segmentation.datasets;
    exports dev.earshot.segmentation.image;
    exports dev.earshot.segmentation.metrics;
    exports dev.earshot.segmentation.moca;
    exports dev.earshot.segmentation.output;
    exports dev.earshot.segmentation.proposals;
    exports dev.earshot.segmentation.sam;
    exports dev.earshot.segmentation.training;
    exports dev.earshot.segmentation.video;
    exports dev.earshot.segmentation;
}
