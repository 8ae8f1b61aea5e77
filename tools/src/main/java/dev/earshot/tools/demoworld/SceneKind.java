package dev.earshot.tools.demoworld;

/** What is heard in a scene, named after the AVSBench part whose folders it fills. */
enum SceneKind {
    /** One object sounds from beginning to end, among silent ones. */
    S4,
    /** Several objects sound in turn and together; at least one second is silent. */
    MS3
}
