/** dev.earshot.cuda. */
package dev.earshot.cuda;
