package dev.earshot.tensor;

import java.util.List;

/**
 * What a backend runs on.
 *
 * @param name {@code cpu}, {@code reference}, {@code cuda:0} …
 * @param device processor or card in words
 * @param libraries name and version of each native library in use
 * @param details further lines for {@code earshot doctor}
 */
public record BackendInfo(String name, String device, List<String> libraries, List<String> details) {
    public BackendInfo {
        libraries = List.copyOf(libraries);
        details = List.copyOf(details);
    }
}
