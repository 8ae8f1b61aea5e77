/**
 * The table of op cases: one row per op and shape, with its types, tolerance, arithmetic and traffic. The same rows drive
 * the comparison of every backend with the scalar reference and the benchmark of the op. Start at
 * {@link dev.earshot.tensor.cases.OpCases}; a new op gets its rows in the class of its family. Never add a row that only
 * one backend can run.
 */
package dev.earshot.tensor.cases;
