/** One runner per kind of golden: reads the case's sizes, calls the library, names the results as the case does. */
package dev.earshot.tools.parity.kinds;
