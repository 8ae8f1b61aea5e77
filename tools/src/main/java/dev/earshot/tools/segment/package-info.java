/**
 * What {@code earshot segment} is made of: {@link dev.earshot.tools.segment.ClipInput} finds pictures and sound,
 * {@link dev.earshot.tools.segment.ResultFolder} makes results appear whole or not at all,
 * {@link dev.earshot.tools.segment.ClipWriter} writes them.
 */
package dev.earshot.tools.segment;
