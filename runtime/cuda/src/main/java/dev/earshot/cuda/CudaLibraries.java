package dev.earshot.cuda;

import java.util.List;

/**
 * The libraries a backend runs on.
 *
 * @param lines name and version of each
 */
record CudaLibraries(List<String> lines) {
    CudaLibraries {
        lines = List.copyOf(lines);
    }
}
