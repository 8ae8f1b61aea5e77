/** What the commands around learning share: weights they ask for, pictures they draw. The learning itself is in the segmentation module. */
package dev.earshot.tools.train;
