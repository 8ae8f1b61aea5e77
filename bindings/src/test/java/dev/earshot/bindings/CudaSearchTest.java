package dev.earshot.bindings;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.earshot.bindings.CudaSearch.Place;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The order of the places, with made-up folders and variables. */
final class CudaSearchTest {
    @TempDir
    Path root;

    private final Map<String, String> environment = new HashMap<>();
    private final Map<String, String> properties = new HashMap<>();

    private CudaSearch search() {
        return new CudaSearch(
                properties::get, environment::get, false, root.resolve("toolkit"), List.of(root.resolve("system")));
    }

    private List<Path> folders(CudaLibrary library) {
        return search().folders(library).stream().map(Place::folder).toList();
    }

    private Path packages(String prefix) throws IOException {
        return Files.createDirectories(root.resolve(prefix).resolve("lib/python3.11/site-packages"));
    }

    private void python(String folder) throws IOException {
        Path bin = Files.createDirectories(root.resolve(folder));
        assertTrue(Files.createFile(bin.resolve("python3")).toFile().setExecutable(true));
    }

    @Test
    void toolkitThenWheelsThenSystem() throws IOException {
        environment.put("CUDA_HOME", root + "/home");
        environment.put("CUDA_PATH", root + "/path");
        environment.put("VIRTUAL_ENV", root + "/venv");
        environment.put("PATH", "relative:" + root + "/nothing:" + root + "/usr/bin:" + root + "/other/bin");
        properties.put("earshot.cuda.wheels", root + "/wheels");
        Path virtual = packages("venv");
        Path base = packages("usr");
        Path local = packages("usr/local");
        python("usr/bin");
        python("other/bin");
        packages("other");
        assertEquals(
                List.of(
                        root.resolve("home/lib64"),
                        root.resolve("path/lib64"),
                        root.resolve("toolkit/lib64"),
                        root.resolve("wheels/nvidia/cudnn/lib"),
                        virtual.resolve("nvidia/cudnn/lib"),
                        base.resolve("nvidia/cudnn/lib"),
                        local.resolve("nvidia/cudnn/lib"),
                        root.resolve("system")),
                folders(CudaLibrary.CUDNN));
    }

    @Test
    void wheelsOfCudaThirteenComeBeforeThoseOfTwelve() {
        environment.put("EARSHOT_CUDA_WHEELS", root + "/wheels");
        List<Path> folders = folders(CudaLibrary.CUBLASLT);
        int thirteen = folders.indexOf(root.resolve("wheels/nvidia/cu13/lib"));
        assertTrue(thirteen >= 0, folders.toString());
        assertEquals(root.resolve("wheels/nvidia/cublas/lib"), folders.get(thirteen + 1));
    }

    @Test
    void whatIsNotSetIsNamed() {
        List<Place> places = search().folders(CudaLibrary.CUDNN);
        assertEquals(
                List.of("CUDA_HOME", "CUDA_PATH", "site-packages of python3 and VIRTUAL_ENV"),
                places.stream()
                        .filter(place -> place.folder() == null)
                        .map(Place::name)
                        .toList());
    }

    @Test
    void pipOfDebianAndOfTheUserAreSeen() throws IOException {
        environment.put("PATH", root + "/usr/bin");
        environment.put("HOME", root + "/me");
        python("usr/bin");
        Path user = packages("me/.local");
        Path debian = Files.createDirectories(root.resolve("usr/lib/python3/dist-packages"));
        List<Path> folders = folders(CudaLibrary.CUBLASLT);
        assertTrue(folders.contains(user.resolve("nvidia/cu13/lib")), folders.toString());
        assertTrue(folders.contains(debian.resolve("nvidia/cu13/lib")), folders.toString());
    }

    @Test
    void propertyBeatsVariableAndBlankIsNotSet() {
        environment.put("EARSHOT_CUDNN_DIR", "/variable");
        assertEquals(Optional.of(Path.of("/variable")), search().explicit(CudaLibrary.CUDNN));
        properties.put("earshot.cudnn.dir", "/property");
        assertEquals(Optional.of(Path.of("/property")), search().explicit(CudaLibrary.CUDNN));
        assertEquals(Optional.empty(), search().explicit(CudaLibrary.CUBLASLT));
        environment.put("EARSHOT_CUBLASLT_DIR", " ");
        assertFalse(search().explicit(CudaLibrary.CUBLASLT).isPresent());
    }
}
