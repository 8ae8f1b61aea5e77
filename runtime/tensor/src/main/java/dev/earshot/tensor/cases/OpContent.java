package dev.earshot.tensor.cases;

/**
 * What one result of a row holds.
 *
 * @param hash of all bits, the same for the same bits
 * @param notNumbers how many floating elements are not a number, as those that nobody has written are; 0 for integers
 */
public record OpContent(int hash, long notNumbers) {}
