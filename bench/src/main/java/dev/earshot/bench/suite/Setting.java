package dev.earshot.bench.suite;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * How the parts of one run are started.
 *
 * @param home folder of the sources
 * @param raw folder of the files that the parts write
 * @param threads how many each of them may use
 * @param quick few repeats and small sizes: to see that everything runs
 * @param python runs the peers
 * @param card the backend of the parts of a card: {@code cuda}, {@code cuda:1}, {@code simcuda}
 */
record Setting(Path home, Path raw, int threads, boolean quick, String python, String card) {
    /** A Java program of this module, with {@code flags} for the machine. */
    List<String> java(List<String> flags, String mainClass, List<String> arguments) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.add("--enable-native-access=ALL-UNNAMED");
        command.add("-XX:ActiveProcessorCount=" + threads);
        command.addAll(flags);
        command.addAll(List.of("-cp", classPath(), mainClass));
        command.addAll(arguments);
        return command;
    }

    /** Of every Java process, with this one's jars: where they lie is the launcher's matter. */
    static String classPath() {
        return System.getProperty("java.class.path");
    }

    /** The same at full effort, which has all the steps that there are. */
    Setting full() {
        return new Setting(home, raw, threads, false, python, card);
    }

    /** The options that every program of this module takes. */
    List<String> common(String file) {
        List<String> options =
                new ArrayList<>(List.of("--out", raw.resolve(file).toString()));
        if (quick) {
            options.add("--quick");
        }
        return options;
    }
}
