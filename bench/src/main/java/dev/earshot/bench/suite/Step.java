package dev.earshot.bench.suite;

import java.util.List;

/**
 * One process of a part.
 *
 * @param name for progress and for the page
 * @param file what it writes, a name in the raw folder
 * @param command program and arguments
 */
record Step(String name, String file, List<String> command) {}
