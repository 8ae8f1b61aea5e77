package dev.earshot.tools;

import dev.earshot.segmentation.datasets.VggSoundList;
import dev.earshot.segmentation.training.ClipList;
import dev.earshot.segmentation.training.ClipName;
import dev.earshot.segmentation.training.ClipPreparation;
import dev.earshot.segmentation.training.VideoFolder;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code earshot prepare vggsound}: frames and sounds out of a user's own VGGSound videos. */
@Command(
        name = "vggsound",
        description = "Takes the middle frame and the sound (16 kHz, mono) out of videos of VGGSound.",
        footer = {
            "",
            "Videos are looked for below DIR: ID_START.mp4 (the ten seconds alone) or ID.mp4 (cut at the start).",
            "Results: OUT/frames/CLIP.jpg, OUT/audio/CLIP.wav, OUT/clips.txt, OUT/broken.txt.",
            "A stopped run goes on where it was; give the same command again.",
            "Exit status: 0 done, also if clips were broken; 1 no clip could be used; 2 wrong usage."
        },
        mixinStandardHelpOptions = true,
        sortOptions = false)
final class PrepareVggSoundCommand implements Callable<Integer> {
    /** Which rows of the table are taken. */
    enum Part {
        TRAIN,
        TEST,
        ALL
    }

    private static final int SHOWN = 20;

    @Spec
    private CommandSpec spec;

    @Option(
            names = "--csv",
            required = true,
            paramLabel = "FILE",
            description = "vggsound.csv (id, start, label, split) or test.csv (ID_START.mp4, label).")
    private Path csv;

    @Option(names = "--videos", required = true, paramLabel = "DIR", description = "Where your videos are.")
    private Path videos;

    @Option(names = "--out", required = true, paramLabel = "ROOT", description = "The training folder.")
    private Path out;

    @Option(
            names = "--split",
            defaultValue = "train",
            paramLabel = "NAME",
            description = "train (default), test or all; a table without this column is taken whole.")
    private Part part;

    @Option(
            names = "--subset",
            paramLabel = "LIST",
            description = "Only the clips of this list, one name a line, such as vggss_144k.txt.")
    private Optional<Path> subset;

    @Mixin
    private ExclusionOptions exclusions = new ExclusionOptions();

    @Option(
            names = "--jobs",
            defaultValue = "0",
            paramLabel = "N",
            description = "Clips at a time; the number of processors by default.")
    private int jobs;

    @Option(names = "--quiet", description = "No progress and no messages but errors.")
    private boolean quiet;

    @Override
    public Integer call() {
        PrintWriter err = spec.commandLine().getErr();
        if (jobs < 0 || jobs > 1024) {
            throw new ParameterException(spec.commandLine(), "--jobs: expected 1 to 1024, got " + jobs);
        }
        List<ClipName> clips = clips();
        if (!quiet) {
            exclusions.report(clips, err);
        }
        Set<String> excluded = exclusions.ids();
        clips.removeIf(clip -> excluded.contains(clip.id()));
        VideoFolder folder = VideoFolder.of(videos);
        int threads = jobs == 0 ? Runtime.getRuntime().availableProcessors() : jobs;
        if (!quiet) {
            err.println("%d clips, %d videos below %s".formatted(clips.size(), folder.size(), videos));
            err.flush();
        }
        ClipPreparation.Result result =
                new ClipPreparation(folder, out, threads).run(clips, new TerminalProgress(quiet, err));
        report(result, err);
        return result.made() + result.skipped() > 0 ? ExitCodes.OK : ExitCodes.FAILED_INPUTS;
    }

    private List<ClipName> clips() {
        List<VggSoundList.Row> rows = VggSoundList.read(csv);
        List<ClipName> clips = new ArrayList<>(rows.stream()
                .filter(row ->
                        part == Part.ALL || row.split().isEmpty() || row.split().equalsIgnoreCase(part.name()))
                .map(row -> new ClipName(row.id(), row.startSecond()))
                .distinct()
                .toList());
        if (subset.isPresent()) {
            Set<ClipName> wanted = new HashSet<>(ClipList.read(subset.get()));
            clips.removeIf(clip -> !wanted.contains(clip));
        }
        if (clips.isEmpty()) {
            throw new ParameterException(
                    spec.commandLine(),
                    "%s: expected at least one clip of split %s%s, got none of %d rows"
                            .formatted(
                                    csv, part, subset.map(list -> " in " + list).orElse(""), rows.size()));
        }
        return clips;
    }

    private void report(ClipPreparation.Result result, PrintWriter err) {
        Map<ClipName, String> broken = result.broken();
        if (!quiet) {
            broken.entrySet().stream()
                    .limit(SHOWN)
                    .forEach(entry -> err.println(entry.getKey() + ": " + entry.getValue()));
            if (broken.size() > SHOWN) {
                err.println("… and %d more, all of them in %s"
                        .formatted(broken.size() - SHOWN, out.resolve(ClipPreparation.BROKEN)));
            }
            err.flush();
            PrintWriter stdout = spec.commandLine().getOut();
            stdout.println("%d clips made, %d were there, %d cannot be used -> %s"
                    .formatted(result.made(), result.skipped(), broken.size(), out));
            stdout.flush();
        }
    }
}
