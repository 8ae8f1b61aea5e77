package dev.earshot.bench.suite;

import dev.earshot.bench.result.Card;
import dev.earshot.bench.result.Figure;
import java.util.List;
import java.util.OptionalDouble;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.DoubleStream;
import java.util.stream.Stream;

/** What the project wants to reach on a card; it shows where one was measured, never for the simulated one. */
final class CardAims {
    /** Of {@code dev.earshot.bench.peers.PassFigures}. */
    private static final String LATENCY = Card.PREFIX + "whole models";

    private static final String THROUGHPUT = LATENCY + ", best throughput";
    private static final String BESIDE = Card.PREFIX + PeerResults.GROUP;

    /** The table. */
    static final List<Aim> ALL = List.of(
            atLeast("card: ImageBind image trunk at its best batch", 1500, "images/s", rate("imagebind-image ")),
            atMost("card: ImageBind image trunk, one image by replay", 1.0, millis(LATENCY, "imagebind-image x 1 ")),
            atLeast("card: SAM ViT-H encoder", 60, "images/s", rate("sam-vit-h ")),
            atMost(
                    "card: MoCA from features to mask, one frame",
                    2.0,
                    results -> least(Stream.of(LATENCY, BESIDE)
                            .mapToDouble(
                                    group -> millis(group, "moca-frame x 1 ").apply(results)))),
            atLeast(
                    "card: MoCA's training step beside PyTorch's compile",
                    1.2,
                    "x",
                    results -> least(of(results, BESIDE, "train-imagebind ", CardAims::isCompiled)
                            .mapToDouble(result -> result.beside().ratio()))),
            atLeast(
                    "card: nothing slower than PyTorch's best way",
                    1,
                    "x",
                    results -> least(of(results, BESIDE, "", Result::isOurs)
                            .mapToDouble(result -> result.beside().ratio()))));

    private CardAims() {}

    /** True if a card is among the results. */
    static boolean concern(List<Result> results) {
        return results.stream().anyMatch(result -> result.figure().group().startsWith(Card.PREFIX));
    }

    private static Aim atLeast(String name, double limit, String unit, Function<List<Result>, Double> value) {
        return new Aim(name, limit, true, unit, "", value);
    }

    private static Aim atMost(String name, double limit, Function<List<Result>, Double> value) {
        return new Aim(name, limit, false, "ms", "", value);
    }

    /** The best rate of a network in any precision. */
    private static Function<List<Result>, Double> rate(String model) {
        return results -> of(results, THROUGHPUT, model, Result::isOurs)
                .mapToDouble(result -> result.figure().value())
                .max()
                .orElse(Double.NaN);
    }

    /** The least time of a model in any precision. */
    private static Function<List<Result>, Double> millis(String group, String name) {
        return results -> least(of(results, group, name, result -> {
                    Figure figure = result.figure();
                    return result.isOurs() && figure.unit().equals("ms");
                })
                .mapToDouble(result -> result.figure().value()));
    }

    private static boolean isCompiled(Result result) {
        return result.figure().engine().startsWith("torch-compile");
    }

    private static Stream<Result> of(List<Result> results, String group, String start, Predicate<Result> wanted) {
        return results.stream()
                .filter(result -> result.figure().group().equals(group)
                        && result.figure().name().startsWith(start)
                        && wanted.test(result));
    }

    private static double least(DoubleStream values) {
        OptionalDouble least = values.filter(value -> !Double.isNaN(value)).min();
        return least.orElse(Double.NaN);
    }
}
