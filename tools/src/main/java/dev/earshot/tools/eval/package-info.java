/**
 * What {@code earshot eval} is made of: {@link dev.earshot.tools.eval.ClipLoader} reads frames, sound and truth,
 * {@link dev.earshot.tools.eval.Method} turns them into masks, {@link dev.earshot.tools.eval.Evaluation} scores clip by
 * clip, and an {@link dev.earshot.tools.eval.Outcome} becomes a table, {@code metrics.json}, CSV files and
 * {@code report.html}.
 */
package dev.earshot.tools.eval;
