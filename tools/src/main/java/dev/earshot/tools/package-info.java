/**
 * The command line: {@link dev.earshot.tools.Main} lists the commands, one class each. Commands parse options, call the
 * segmentation library and print; anything another program could want to call belongs in the library instead.
 */
package dev.earshot.tools;
