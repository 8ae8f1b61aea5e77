package dev.earshot.tools.segment;

import dev.earshot.segmentation.Utilisation;
import java.nio.file.Path;
import java.util.List;

/**
 * A clip whose results are complete.
 *
 * @param input as given on the command line
 * @param folder where they are
 * @param frames how many
 * @param outlined frames with a mask that is not empty
 * @param silent frames without sound
 * @param notes what a user should know about the clip
 * @param stages what it took
 */
public record ClipResult(
        String input, Path folder, int frames, int outlined, int silent, List<String> notes, Utilisation stages) {}
