/**
 * Is a card right for long: programs beside the tests, which a machine without Maven runs from {@code tools/gpu-bundle}. Each
 * prints what it saw and ends with 1 if that was wrong.
 *
 * <p>Start with {@link dev.earshot.bench.check.Sweep}; nothing here measures speed.
 */
package dev.earshot.bench.check;
