package dev.earshot.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class BackendsTest {
    @Test
    void theReferenceIsAlwaysThere() {
        try (Backend backend = Backends.open("reference")) {
            assertEquals("reference", backend.info().name());
        }
    }

    @Test
    void autoTakesTheBestThatCanRun() {
        String best = Backends.providers().stream()
                .filter(provider -> provider.unavailable().isEmpty())
                .findFirst()
                .orElseThrow()
                .kind();
        try (Backend backend = Backends.open("auto")) {
            assertTrue(backend.info().name().startsWith(best), backend.info().name());
        }
    }

    @Test
    void providersAreSortedBestFirst() {
        List<String> kinds =
                Backends.providers().stream().map(BackendProvider::kind).toList();
        assertEquals(List.of("cpu", "reference"), kinds);
    }

    @Test
    void unknownNamesListTheKnownOnes() {
        String message = assertThrows(IllegalArgumentException.class, () -> Backends.open("gpu"))
                .getMessage();
        assertEquals("backend 'gpu' is unknown: expected auto, cpu, reference", message);
        assertThrows(IllegalArgumentException.class, () -> Backends.open("reference:7"));
    }

    @Test
    void aBackendThatCannotRunIsNeverReplaced() {
        BackendProvider broken = new Broken(true);
        String message = assertThrows(IllegalStateException.class, () -> Backends.open("broken:0", List.of(broken)))
                .getMessage();
        assertEquals("backend 'broken:0' cannot run here: it never can — buy another", message);
    }

    @Test
    void autoPassesOverABackendThatCannotRun() {
        List<BackendProvider> providers = new ArrayList<>(List.of(new Broken(true)));
        providers.addAll(Backends.providers());
        try (Backend backend = Backends.open("auto", providers)) {
            assertTrue(!backend.info().name().startsWith("broken"));
        }
    }

    @Test
    void autoGivesReasonsWithoutTheirAdvice() {
        List<BackendProvider> broken = List.of(new Broken(true));
        String message = assertThrows(IllegalStateException.class, () -> Backends.open("auto", broken))
                .getMessage();
        assertEquals("no backend can run here (broken: it never can)", message);
    }

    @Test
    void aCardThatTheMachineDoesNotHaveIsNoNews() {
        for (boolean expected : new boolean[] {true, false}) {
            List<BackendProvider> providers = new ArrayList<>(List.of(new Broken(expected)));
            providers.addAll(Backends.providers());
            Backends.Choice choice = Backends.choose(providers);
            assertEquals(List.of("broken: it never can"), choice.reasons());
            assertEquals(expected ? System.Logger.Level.INFO : System.Logger.Level.DEBUG, choice.level());
        }
        assertEquals(
                System.Logger.Level.DEBUG, Backends.choose(Backends.providers()).level(), "the best was taken");
    }

    private record Broken(boolean isExpected) implements BackendProvider {
        @Override
        public String kind() {
            return "broken";
        }

        @Override
        public int priority() {
            return 1000;
        }

        @Override
        public java.util.Optional<String> unavailable() {
            return java.util.Optional.of("it never can — buy another");
        }

        @Override
        public Backend open(String device) {
            throw new AssertionError("opened though unavailable");
        }
    }
}
