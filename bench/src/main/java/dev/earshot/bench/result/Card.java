package dev.earshot.bench.result;

import dev.earshot.tensor.BackendInfo;
import java.util.ArrayList;
import java.util.List;

/** How figures of a card are told from those of a processor, and those of a simulated card from both: by their chapters. */
public final class Card {
    /** What chapters of a card start with. */
    public static final String PREFIX = "card: ";
    /** What chapters of the simulated card start with; its times are those of a program on the processor. */
    public static final String SIMULATED = "simulated card: ";

    private Card() {}

    /** What chapters of a backend start with: {@code cuda}, {@code cuda:1:tf32}, {@code simcuda}, {@code cpu} … */
    public static String prefix(String backend) {
        return isSimulated(backend) ? SIMULATED : backend.startsWith("cuda") ? PREFIX : "";
    }

    /** True for a backend that only pretends to be a card. */
    public static boolean isSimulated(String backend) {
        return backend.startsWith("simcuda");
    }

    /** A line for the head of a page: name, card and versions, not the folders of the libraries. */
    public static String words(BackendInfo info) {
        List<String> words = new ArrayList<>(List.of(info.name() + ": " + info.device()));
        info.libraries().forEach(library -> words.add(library.replaceFirst(" from .*", "")));
        return String.join(", ", words);
    }
}
