/** dev.earshot.tensor. */
package dev.earshot.tensor;
