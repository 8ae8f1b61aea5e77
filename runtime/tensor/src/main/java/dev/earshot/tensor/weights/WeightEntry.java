package dev.earshot.tensor.weights;

import dev.earshot.tensor.Shape;

/**
 * One tensor of a weight file, without its data.
 *
 * @param name the key, as published
 * @param type element type in the file
 * @param shape sizes, outermost first
 * @param offset first byte, counted from the end of the file's header; 0 where there is no file
 * @param bytes size of the data
 */
public record WeightEntry(String name, StoredType type, Shape shape, long offset, long bytes) {}
