/** dev.earshot.bindings. */
package dev.earshot.bindings;
