/** Networks written against the op interface of {@code dev.earshot.tensor}. */
module dev.earshot.models {
    requires transitive dev.earshot.tensor;

    exports dev.earshot.models;
    exports dev.earshot.models.adaav;
    exports dev.earshot.models.checkpoint;
    exports dev.earshot.models.dino;
    exports dev.earshot.models.imagebind;
    exports dev.earshot.models.sam;
    exports dev.earshot.models.vit;
}
