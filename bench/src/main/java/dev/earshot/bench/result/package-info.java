/** What was measured, on which machine: the files that every program here writes and that the report reads. */
package dev.earshot.bench.result;
