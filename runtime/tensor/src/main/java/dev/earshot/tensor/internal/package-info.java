/**
 * What the host-memory backends share: workspaces, the leak registry, the one-thread-at-a-time guard. Not exported; an
 * embedder never sees these types.
 */
package dev.earshot.tensor.internal;
