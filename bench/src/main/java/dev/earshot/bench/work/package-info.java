/** How much a program computes and moves: operations and bytes counted by op, summed over a whole model. */
package dev.earshot.bench.work;
