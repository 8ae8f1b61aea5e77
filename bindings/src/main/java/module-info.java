/** Generated bindings of native libraries, and the code that finds and loads those libraries. */
module dev.earshot.bindings {
    exports dev.earshot.bindings;
    exports dev.earshot.bindings.cublaslt;
    exports dev.earshot.bindings.cuda;
    exports dev.earshot.bindings.cudnn;
    exports dev.earshot.bindings.onednn;
}
