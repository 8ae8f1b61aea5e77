package dev.earshot.tensor;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.stream.Collectors;

/** Opens backends by name. */
public final class Backends {
    private static final System.Logger LOG = System.getLogger(Backends.class.getName());

    private Backends() {}

    /**
     * Opens the backend called {@code name}: {@code cpu}, {@code reference}, {@code cuda:0} …, or {@code auto}. An explicit
     * name never falls back to another backend. {@code auto} takes CUDA if it can run, else the CPU, else the scalar
     * reference, and logs one line with the choice and the reasons against the better ones: for everybody to read if this
     * machine has the hardware for one of those, else at debug level.
     *
     * @throws IllegalArgumentException if there is no backend of that name
     * @throws IllegalStateException if it exists and cannot run here; the message says why
     */
    public static Backend open(String name) {
        return open(name, providers());
    }

    static Backend open(String name, List<BackendProvider> providers) {
        if (name.equals("auto")) {
            return openBest(providers);
        }
        int colon = name.indexOf(':');
        String kind = colon < 0 ? name : name.substring(0, colon);
        BackendProvider provider = providers.stream()
                .filter(p -> p.kind().equals(kind))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException(
                        "backend '%s' is unknown: expected auto%s".formatted(name, kinds(providers))));
        provider.unavailable().ifPresent(reason -> {
            throw new IllegalStateException("backend '%s' cannot run here: %s".formatted(name, reason));
        });
        return provider.open(colon < 0 ? "" : name.substring(colon + 1));
    }

    private static Backend openBest(List<BackendProvider> providers) {
        Choice choice = choose(providers);
        LOG.log(choice.level(), "backend {0}{1}", choice.provider().kind(), rejected(choice.reasons()));
        return choice.provider().open("");
    }

    /** What {@code auto} takes, why not a better one, and how loud that is to be said. */
    record Choice(BackendProvider provider, List<String> reasons, System.Logger.Level level) {}

    static Choice choose(List<BackendProvider> providers) {
        List<String> reasons = new ArrayList<>();
        boolean expected = false;
        for (BackendProvider provider : providers) {
            Optional<String> reason = provider.unavailable();
            if (reason.isEmpty()) {
                return new Choice(provider, reasons, expected ? System.Logger.Level.INFO : System.Logger.Level.DEBUG);
            }
            expected |= provider.isExpected();
            reasons.add(provider.kind() + ": " + withoutAdvice(reason.get()));
        }
        throw new IllegalStateException("no backend can run here" + rejected(reasons));
    }

    /** Whoever takes what there is has not asked how to get more. */
    private static String withoutAdvice(String reason) {
        int advice = reason.indexOf(" — ");
        return advice < 0 ? reason : reason.substring(0, advice);
    }

    private static String rejected(List<String> reasons) {
        return reasons.isEmpty() ? "" : " (" + String.join("; ", reasons) + ")";
    }

    private static String kinds(List<BackendProvider> providers) {
        return providers.stream().map(p -> ", " + p.kind()).collect(Collectors.joining());
    }

    /** All backends on the class or module path, best first, whether they can run here or not. */
    public static List<BackendProvider> providers() {
        return ServiceLoader.load(BackendProvider.class, Backends.class.getClassLoader()).stream()
                .map(ServiceLoader.Provider::get)
                .sorted(Comparator.comparingInt(BackendProvider::priority).reversed())
                .toList();
    }
}
