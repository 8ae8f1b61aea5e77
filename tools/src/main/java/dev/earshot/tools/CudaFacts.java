package dev.earshot.tools;

import dev.earshot.bindings.CudaFlavour;
import dev.earshot.bindings.LibraryReport;
import dev.earshot.bindings.NativeLibraries;
import dev.earshot.bindings.NativeLibraryException;
import dev.earshot.cuda.CudaCards;
import dev.earshot.cuda.CudaException;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.Function;

/** What {@code earshot doctor} says about CUDA: driver, libraries, every place that was tried, cards. */
final class CudaFacts {
    private final CudaFlavour flavour;
    private final BiConsumer<String, Object> line;

    /** With the driver to look at and what prints a name and a value. */
    CudaFacts(CudaFlavour flavour, BiConsumer<String, Object> line) {
        this.flavour = flavour;
        this.line = line;
    }

    void print() {
        if (library("CUDA driver", NativeLibraries::loadCudaDriver)) {
            cards();
        }
        library("cuBLASLt", NativeLibraries::loadCublasLt);
        library("cuDNN", NativeLibraries::loadCudnn);
    }

    private boolean library(String name, Function<CudaFlavour, LibraryReport> loader) {
        try {
            LibraryReport report = loader.apply(flavour);
            line.accept(name, report.version() + " from " + report.folder());
            report.attempts().forEach(attempt -> line.accept("  tried", attempt));
            return true;
        } catch (NativeLibraryException e) {
            line.accept(name, "not usable: " + e.problem());
            e.attempts().forEach(attempt -> line.accept("  tried", attempt));
            if (!e.advice().isEmpty()) {
                line.accept("  what to do", e.advice());
            }
            return false;
        }
    }

    private void cards() {
        try {
            List<String> cards = CudaCards.describe(flavour);
            for (int i = 0; i < cards.size(); i++) {
                line.accept("  card " + i, cards.get(i));
            }
            if (cards.isEmpty()) {
                line.accept("  cards", "none");
            }
        } catch (CudaException e) {
            line.accept("  cards", "not usable: " + e.getMessage());
        }
    }
}
