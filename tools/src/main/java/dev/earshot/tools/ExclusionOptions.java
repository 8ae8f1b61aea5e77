package dev.earshot.tools;

import dev.earshot.segmentation.training.ClipList;
import dev.earshot.segmentation.training.ClipName;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import picocli.CommandLine.Option;

/** Videos that must not be learned from, since a model is judged on them. */
final class ExclusionOptions {
    private static final int SHOWN = 5;

    @Option(
            names = "--exclude",
            paramLabel = "LIST",
            description = {
                "Leave out the videos of an evaluation set: a list or table whose first field is",
                "a clip name, file name or id. May be given several times."
            })
    private List<Path> lists = List.of();

    /** The ids of all lists. */
    Set<String> ids() {
        Set<String> ids = new HashSet<>();
        lists.forEach(list -> ids.addAll(ClipList.idsIn(list)));
        return ids;
    }

    /** Says list by list how many videos it shares with {@code clips}. */
    void report(Collection<ClipName> clips, PrintWriter err) {
        for (Path list : lists) {
            Set<String> ids = ClipList.idsIn(list);
            List<String> shared = ClipList.overlap(clips, ids);
            err.println("%s: %d of %d videos are among the training clips and are left out%s%s"
                    .formatted(
                            list,
                            shared.size(),
                            ids.size(),
                            shared.isEmpty()
                                    ? ""
                                    : ": " + String.join(", ", shared.subList(0, Math.min(SHOWN, shared.size()))),
                            shared.size() > SHOWN ? ", …" : ""));
        }
        err.flush();
    }
}
