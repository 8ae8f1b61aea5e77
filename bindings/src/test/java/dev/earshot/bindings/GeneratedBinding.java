package dev.earshot.bindings;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;

/** What every generated class is held to: nothing listed is missing, and the loaded library has every function. */
public final class GeneratedBinding {
    private static final String ADDRESS = "$address";

    private GeneratedBinding() {}

    /** Every function and constant of the include list is in the class. */
    public static void assertHoldsItsIncludeList(Class<?> generated, String library) throws IOException {
        Set<String> names =
                Stream.of(generated.getMethods()).map(Method::getName).collect(Collectors.toSet());
        try (Stream<String> lines = Files.lines(Path.of(library, "include.args"))) {
            List<String> listed = lines.filter(line -> line.matches("--include-(function|constant) .*"))
                    .map(line -> line.substring(line.indexOf(' ') + 1))
                    .toList();
            assertNotEquals(List.of(), listed);
            assertEquals(
                    List.of(),
                    listed.stream().filter(name -> !names.contains(name)).toList());
        }
    }

    /** Every function of the class is found in what is loaded; gives their number. */
    public static int assertEverySymbolResolves(Class<?> generated) throws IllegalAccessException {
        Set<String> missing = new HashSet<>();
        int found = 0;
        for (Method method : generated.getMethods()) {
            if (method.getName().endsWith(ADDRESS)) {
                try {
                    MemorySegment address = (MemorySegment) method.invoke(null);
                    assertNotEquals(0, address.address(), method.getName());
                    found++;
                } catch (InvocationTargetException e) {
                    missing.add(method.getName() + " " + e.getCause());
                }
            }
        }
        assertEquals(Set.of(), missing);
        return found;
    }

    /** Loads a library of NVIDIA where it is installed; the test is skipped, with the places tried, where it is not. */
    public static LibraryReport loadOrSkip(String library) {
        try {
            return switch (library) {
                case "cuda" -> NativeLibraries.loadCudaDriver(CudaFlavour.REAL);
                case "cublaslt" -> NativeLibraries.loadCublasLt(CudaFlavour.REAL);
                case "cudnn" -> NativeLibraries.loadCudnn(CudaFlavour.REAL);
                default -> throw new IllegalArgumentException(library);
            };
        } catch (NativeLibraryException e) {
            return Assumptions.abort("not installed: " + e.getMessage());
        }
    }
}
