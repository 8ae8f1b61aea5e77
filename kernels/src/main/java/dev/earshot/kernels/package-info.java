/** dev.earshot.kernels. */
package dev.earshot.kernels;
