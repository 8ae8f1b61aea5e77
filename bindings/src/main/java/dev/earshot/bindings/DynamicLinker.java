package dev.earshot.bindings;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Where the dynamic linker finds a library that is known by its name alone.
 *
 * <p>The generated classes look their functions up in what {@code System.load} has loaded, and that takes absolute
 * paths. So the linker opens the name, and the file behind it is read off the process's memory map. Whoever opens the
 * same name or the same file later in this process gets the same library.
 */
final class DynamicLinker {
    private DynamicLinker() {}

    /**
     * The file that the linker takes for a name such as {@code libcuda.so.1}; empty if it knows none.
     *
     * @param probe a function that the library exports
     * @throws UnsatisfiedLinkError if it has no such function
     * @throws IOException if the memory map cannot be read (not on Linux)
     */
    static Optional<Path> find(String name, String probe) throws IOException {
        SymbolLookup library;
        try {
            library = SymbolLookup.libraryLookup(name, Arena.global());
        } catch (IllegalArgumentException e) {
            return Optional.empty(); // which is all that the JDK tells us
        }
        MemorySegment function =
                library.find(probe).orElseThrow(() -> new UnsatisfiedLinkError(name + " has no function " + probe));
        return Optional.of(mapped(function.address()));
    }

    private static Path mapped(long address) throws IOException {
        try (Stream<String> lines = Files.lines(Path.of("/proc/self/maps"))) {
            String line = lines.filter(l -> covers(l, address))
                    .findFirst()
                    .orElseThrow(() -> new IOException("no mapping of address " + Long.toHexString(address)));
            // Five columns without blanks, then the path, which may have some.
            String[] columns = line.split(" +", 6);
            if (columns.length < 6 || !columns[5].startsWith("/")) {
                throw new IOException("no file behind the mapping " + line);
            }
            return Path.of(columns[5]);
        }
    }

    private static boolean covers(String line, long address) {
        int dash = line.indexOf('-');
        long start = Long.parseUnsignedLong(line, 0, dash, 16);
        long end = Long.parseUnsignedLong(line, dash + 1, line.indexOf(' '), 16);
        return Long.compareUnsigned(start, address) <= 0 && Long.compareUnsigned(address, end) < 0;
    }
}
