/** dev.earshot.bench. */
package dev.earshot.bench;
