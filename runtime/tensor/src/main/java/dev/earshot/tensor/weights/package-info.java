/** Weight files: strict safetensors reading and writing, sharded indices, and complete load reports. */
package dev.earshot.tensor.weights;
