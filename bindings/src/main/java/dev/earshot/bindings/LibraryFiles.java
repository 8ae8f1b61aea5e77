package dev.earshot.bindings;

import dev.earshot.bindings.CudaSearch.Place;
import dev.earshot.bindings.LibraryReport.Attempt;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Loads the first of some library files that a place has, and notes every place with what came of it. */
final class LibraryFiles {
    private LibraryFiles() {}

    /** The first place that works; empty if none does. */
    static Optional<Path> loadFirst(List<Place> places, List<String> names, List<Attempt> attempts) {
        for (Place place : places) {
            Optional<Path> file = load(place, names, attempts);
            if (file.isPresent()) {
                return file;
            }
        }
        return Optional.empty();
    }

    /** The first of the files that the folder has; empty if there is none or it cannot be loaded. */
    static Optional<Path> load(Place place, List<String> names, List<Attempt> attempts) {
        Path folder = place.folder();
        if (folder == null || !Files.isDirectory(folder)) {
            attempts.add(new Attempt(place.name(), folder == null ? "not set" : "no such folder"));
            return Optional.empty();
        }
        Optional<Path> file =
                names.stream().map(folder::resolve).filter(Files::isRegularFile).findFirst();
        if (file.isEmpty()) {
            attempts.add(new Attempt(place.name(), "it has no " + String.join(" or ", names)));
            return Optional.empty();
        }
        try {
            System.load(file.get().toString());
            attempts.add(new Attempt(place.name(), "loaded"));
            return file;
        } catch (UnsatisfiedLinkError e) {
            attempts.add(new Attempt(place.name(), String.valueOf(e.getMessage())));
            return Optional.empty();
        }
    }

    /**
     * The first of the names that the dynamic linker knows.
     *
     * @param probe a function that the library exports
     */
    static Optional<Path> loadByName(List<String> names, String probe, List<Attempt> attempts) {
        for (String name : names) {
            String place = "dynamic linker, " + name;
            try {
                Optional<Path> file = DynamicLinker.find(name, probe);
                if (file.isPresent()) {
                    System.load(file.get().toString());
                    attempts.add(new Attempt(place, "loaded"));
                    return file;
                }
                attempts.add(new Attempt(place, "not found, or it cannot be loaded"));
            } catch (UnsatisfiedLinkError | IOException e) {
                attempts.add(new Attempt(place, String.valueOf(e.getMessage())));
            }
        }
        return Optional.empty();
    }
}
