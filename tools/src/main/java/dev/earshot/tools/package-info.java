/** dev.earshot.tools. */
package dev.earshot.tools;
