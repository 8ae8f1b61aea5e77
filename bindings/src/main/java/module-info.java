/** Generated bindings of native libraries, and the code that finds and loads those libraries. */
module dev.earshot.bindings {
    exports dev.earshot.bindings;
    exports dev.earshot.bindings.onednn;
}
