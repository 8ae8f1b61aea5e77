package dev.earshot.bench.footprint;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/** The fresh JVMs of all engines, by what they find on the disk. */
final class Runs {
    /** JDK 25 makes a cache of loaded and linked classes in one step. */
    static final boolean CACHES_CLASSES = Runtime.version().feature() >= 25;

    /** What a JVM finds. */
    enum Kind {
        /** Native libraries unpacked, nothing else. */
        PLAIN,
        /** The JVM's own cache of the classes that a first run needs, too. */
        CLASSES_CACHED,
        /** Jars only, as after an installation. */
        NOTHING_UNPACKED
    }

    private final Map<Kind, Map<Engine, List<FirstRun>>> runs = new EnumMap<>(Kind.class);
    private final Path scratch;
    private final Path files;
    private final Path results;

    /** Makes the class caches. */
    Runs(List<Engine> engines, Path scratch, Path files) throws IOException {
        this.scratch = scratch;
        this.files = files;
        results = scratch.resolve("results");
        for (Kind kind : Kind.values()) {
            runs.put(kind, new LinkedHashMap<>());
        }
        if (CACHES_CLASSES) {
            for (Engine engine : engines) {
                FirstRun.of(engine, caches(engine), files, results, "-XX:AOTCacheOutput=" + classCache(engine));
            }
        }
    }

    private Path caches(Engine engine) {
        return scratch.resolve(engine.name());
    }

    private Path classCache(Engine engine) {
        return scratch.resolve(engine.name() + ".aot");
    }

    /** One run of each kind; of an installation only where asked, since it writes hundreds of megabytes. */
    void once(Engine engine, boolean installation) throws IOException {
        add(Kind.PLAIN, engine, FirstRun.of(engine, caches(engine), files, results));
        if (CACHES_CLASSES) {
            String flag = "-XX:AOTCache=" + classCache(engine);
            add(Kind.CLASSES_CACHED, engine, FirstRun.of(engine, caches(engine), files, results, flag));
        }
        if (installation) {
            Path fresh = scratch.resolve("empty");
            add(Kind.NOTHING_UNPACKED, engine, FirstRun.of(engine, fresh, files, results));
            FootprintBench.deleteTree(fresh);
        }
    }

    private void add(Kind kind, Engine engine, FirstRun run) {
        runs.get(kind).computeIfAbsent(engine, _ -> new ArrayList<>()).add(run);
    }

    double[] samples(Kind kind, Engine engine, ToDoubleFunction<FirstRun> quantity) {
        return runs.get(kind).get(engine).stream().mapToDouble(quantity).toArray();
    }
}
