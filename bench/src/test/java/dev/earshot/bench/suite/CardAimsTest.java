package dev.earshot.bench.suite;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.earshot.bench.result.Card;
import dev.earshot.bench.result.Figure;
import dev.earshot.bench.result.Figure.Better;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The aims of a card on results that nobody measured. */
class CardAimsTest {
    private static final String IMAGES = "card: ImageBind image trunk at its best batch";
    private static final String LATENCY = "card: ImageBind image trunk, one image by replay";
    private static final String SAM = "card: SAM ViT-H encoder";
    private static final String FRAME = "card: MoCA from features to mask, one frame";
    private static final String TRAINING = "card: MoCA's training step beside PyTorch's compile";
    private static final String BEST = "card: nothing slower than PyTorch's best way";

    private static Result one(String group, String name, String engine, String unit, double value, double ratio) {
        Better better = unit.endsWith("/s") ? Better.HIGHER : Better.LOWER;
        Figure figure = Figure.of(group, name, engine, unit, new double[] {value}, better, "again");
        return new Result(figure, Rate.NONE, new Beside("another", ratio, ratio, ratio), Double.NaN);
    }

    private static List<Result> results(String prefix) {
        String beside = prefix + "beside others";
        double none = Double.NaN;
        return List.of(
                one(prefix + "whole models, best throughput", "imagebind-image tf32", "earshot", "images/s", 700, none),
                one(
                        prefix + "whole models, best throughput",
                        "imagebind-image bf16",
                        "earshot",
                        "images/s",
                        1600,
                        none),
                one(prefix + "whole models, best throughput", "sam-vit-h bf16", "earshot", "images/s", 50, none),
                one(prefix + "whole models", "imagebind-image x 1 tf32", "earshot", "ms", 1.5, none),
                one(prefix + "whole models", "imagebind-image x 1 bf16", "earshot", "ms", 0.9, none),
                one(prefix + "whole models, op by op", "imagebind-image x 1 bf16", "earshot", "ms", 0.1, none),
                one(beside, "moca-frame x 1 fp32", "earshot", "ms", 1.75, 3),
                one(beside, "train-imagebind x 8 fp32", "earshot", "ms", 60, 1.1),
                one(beside, "train-imagebind x 8 fp32", "torch-compile", "ms", 90, 1.5),
                one(beside, "train-imagebind x 64 bf16", "torch-compile", "ms", 90, 1.3),
                one(beside, "train-imagebind x 64 bf16", "torch", "ms", 90, 0.5),
                one(beside, "dino-vitb16 x 1 bf16", "earshot", "ms", 1, 0.95));
    }

    private static Aim.Verdict verdict(List<Result> results, String name) {
        return Aims.judge(results, MadeUp.machine("box")).stream()
                .filter(aim -> aim.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new AssertionError(name));
    }

    @Test
    void eachAimFindsItsFigure() {
        List<Result> card = results(Card.PREFIX);
        assertEquals(new Aim.Verdict(IMAGES, "≥ 1500 images/s", 1600, "images/s", "met"), verdict(card, IMAGES));
        assertEquals(new Aim.Verdict(LATENCY, "≤ 1 ms", 0.9, "ms", "met"), verdict(card, LATENCY));
        assertEquals(new Aim.Verdict(SAM, "≥ 60 images/s", 50, "images/s", "missed"), verdict(card, SAM));
        assertEquals(new Aim.Verdict(FRAME, "≤ 2 ms", 1.75, "ms", "met"), verdict(card, FRAME));
        assertEquals(new Aim.Verdict(TRAINING, "≥ 1.2 x", 1.3, "x", "met"), verdict(card, TRAINING));
        assertEquals(new Aim.Verdict(BEST, "≥ 1 x", 0.95, "x", "missed"), verdict(card, BEST));
    }

    @Test
    void whatWasNotMeasuredIsNotJudged() {
        List<Result> few = results(Card.PREFIX).subList(0, 1);
        assertEquals("missed", verdict(few, IMAGES).verdict());
        for (String name : List.of(LATENCY, SAM, FRAME, TRAINING, BEST)) {
            assertEquals("not measured", verdict(few, name).verdict(), name);
        }
    }

    @Test
    void withoutACardNoneOfThemShows() {
        List<Result> simulated = new ArrayList<>(results(Card.SIMULATED));
        simulated.addAll(results(""));
        assertFalse(CardAims.concern(simulated));
        assertTrue(Aims.judge(simulated, MadeUp.machine("box")).stream()
                .noneMatch(aim -> aim.name().startsWith(Card.PREFIX)));
        assertEquals(
                Aims.ALL.size(), Aims.judge(List.of(), MadeUp.machine("box")).size());
    }
}
