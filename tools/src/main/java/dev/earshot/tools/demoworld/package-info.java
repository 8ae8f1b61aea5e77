/**
 * The demo world: a seeded generator of small synthetic audio-visual clips with exact masks.
 *
 * <p>The way of a clip: {@link dev.earshot.tools.demoworld.ClipSeed} names it, {@link
 * dev.earshot.tools.demoworld.SceneMaker} draws its {@link dev.earshot.tools.demoworld.Scene}, {@link
 * dev.earshot.tools.demoworld.SceneRenderer} paints frames and labels, {@link
 * dev.earshot.tools.demoworld.SoundSynthesizer} plays its sound, and a layout writer puts the files where AVSBench
 * would have them. Everything is a pure function of the seed, and only {@link java.lang.StrictMath} is used for
 * transcendental functions, so that all machines make the same pixels and samples.
 */
package dev.earshot.tools.demoworld;
