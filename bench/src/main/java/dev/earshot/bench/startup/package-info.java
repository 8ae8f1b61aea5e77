/**
 * How long a start takes: {@link dev.earshot.bench.startup.StartBench} runs the command and the library in fresh processes
 * and loads weights at the speed of reading, or says by how much it does not.
 */
package dev.earshot.bench.startup;
