/** Prompts and results of {@code earshot sam}. */
package dev.earshot.tools.sam;
