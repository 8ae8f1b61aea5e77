/**
 * Import of PyTorch checkpoints ({@code .pth}, {@code .pt}, {@code .bin}) without Python and without running anything that
 * is in them.
 *
 * <p>Start reading at {@link dev.earshot.models.checkpoint.CheckpointImport}. The way of a file: {@code ZipDirectory} or the
 * legacy container finds the pickle and the storages, {@code Unpickler} turns the pickle into symbolic values by a closed
 * list of opcodes and names, {@code StateDict} unwraps and names the tensors, the import streams their bytes into a
 * safetensors file. The runtime itself reads safetensors only. Nothing that loads a class by name belongs here.
 */
package dev.earshot.models.checkpoint;
