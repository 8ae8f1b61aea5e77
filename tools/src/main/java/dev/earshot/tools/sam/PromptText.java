package dev.earshot.tools.sam;

import dev.earshot.segmentation.sam.SamPrompt;
import java.util.ArrayList;
import java.util.List;

/**
 * A prompt of the command line: points {@code x,y[,label];…} that mean one object together, or one box
 * {@code x0,y0,x1,y1}.
 *
 * @param points x, y of each point
 * @param labels 1 on the object, 0 off it
 * @param box corners; none for points
 */
public record PromptText(double[] points, int[] labels, double[] box) {
    /**
     * Reads points.
     *
     * @throws IllegalArgumentException if it is no list of points
     */
    public static PromptText ofPoints(String text) {
        List<double[]> each = numbers("--points", text, "x,y or x,y,label");
        double[] points = new double[2 * each.size()];
        int[] labels = new int[each.size()];
        for (int i = 0; i < labels.length; i++) {
            double[] one = each.get(i);
            double label = one.length == 3 ? one[2] : SamPrompt.FOREGROUND;
            if (one.length < 2 || one.length > 3 || label != 0 && label != 1) {
                throw wrong("--points", "x,y or x,y,label with a label of 1 (on the object) or 0 (off it)", text);
            }
            points[2 * i] = one[0];
            points[2 * i + 1] = one[1];
            labels[i] = (int) label;
        }
        PromptText prompt = new PromptText(points, labels, new double[0]);
        prompt.prompt();
        return prompt;
    }

    /**
     * Reads boxes.
     *
     * @throws IllegalArgumentException if it is no list of boxes
     */
    public static List<PromptText> ofBoxes(String text) {
        List<PromptText> prompts = new ArrayList<>();
        for (double[] one : numbers("--boxes", text, "x0,y0,x1,y1")) {
            if (one.length != 4) {
                throw wrong("--boxes", "x0,y0,x1,y1", text);
            }
            PromptText prompt = new PromptText(new double[0], new int[0], one);
            prompt.prompt();
            prompts.add(prompt);
        }
        return prompts;
    }

    private static List<double[]> numbers(String option, String text, String expected) {
        List<double[]> all = new ArrayList<>();
        for (String part : text.split(";")) {
            String[] words = part.split(",", -1);
            double[] one = new double[words.length];
            for (int i = 0; i < words.length; i++) {
                try {
                    one[i] = Double.parseDouble(words[i].strip());
                } catch (NumberFormatException e) {
                    throw wrong(option, expected, text);
                }
            }
            all.add(one);
        }
        if (all.isEmpty()) {
            throw wrong(option, expected, text);
        }
        return all;
    }

    private static IllegalArgumentException wrong(String option, String expected, String got) {
        return new IllegalArgumentException(
                "%s: expected %s, separated by semicolons, got '%s'".formatted(option, expected, got));
    }

    /** The prompt for SAM. */
    public SamPrompt prompt() {
        return box.length > 0 ? SamPrompt.box(box[0], box[1], box[2], box[3]) : SamPrompt.points(points, labels);
    }
}
