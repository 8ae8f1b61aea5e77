/** dev.earshot.segmentation. */
package dev.earshot.segmentation;
