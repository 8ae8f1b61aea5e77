package dev.earshot.bench.suite;

import dev.earshot.bench.result.Machine;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** All that the project wants to reach, in one table; on a card, {@link CardAims} besides. Ratios are medians of the ratios within interleaved rounds. */
final class Aims {
    private static final String VIT_B = "dino-vitb16";
    private static final String HUGE = "imagebind-image";
    /** A figure of the part {@code start}: with the archive that the launcher takes by itself. */
    private static final String FIRST_MASK = "first demo mask, ms";

    /** The table. */
    static final List<Aim> ALL = List.of(
            beside("ViT-B/16 fp32 beside ONNX Runtime", 1.2, VIT_B, "1", "fp32", "onnxruntime", "onnxruntime-java"),
            beside(
                    "ImageBind-Huge image trunk fp32 beside ONNX Runtime",
                    1.2,
                    HUGE,
                    "1",
                    "fp32",
                    "onnxruntime",
                    "onnxruntime-java"),
            emulated("ViT-B/16 bf16 beside PyTorch bf16", 1.5, VIT_B, "1", "bf16", "torch"),
            emulated("ImageBind-Huge image trunk bf16 beside PyTorch bf16", 1.5, HUGE, "1", "bf16", "torch"),
            int8("ViT-B/16 int8 beside our bf16", VIT_B),
            int8("ImageBind-Huge image trunk int8 beside our bf16", HUGE),
            beside("k-means 5 x 256 x 1280, K = 4 beside scikit-learn", 5, "kmeans", "5", "fp32", "scikit-learn"),
            beside("k-means 5 x 256 x 1280, K = 4 beside faiss", 2, "kmeans", "5", "fp32", "faiss"),
            beside("PMA forward and backward beside PyTorch eager", 4, "pma-scanline", "8", "fp32", "torch"),
            emulated("whole MoCA clip beside PyTorch bf16", 1.4, "moca-clip", "5", "bf16", "torch"),
            beside("SAM ViT-B encoder beside PyTorch fp32", 2.5, "sam-vit-b", "1", "fp32", "torch"),
            new Aim("process start to first demo mask", 1.0, false, "s", "", Aims::firstMask),
            new Aim(
                    "allocation of a steady-state forward pass",
                    0,
                    false,
                    "bytes",
                    "",
                    results -> allocation(results, false)),
            new Aim(
                    "allocation of a steady-state frame, its mask included",
                    0,
                    false,
                    "bytes",
                    "",
                    results -> allocation(results, true)));

    private Aims() {}

    static List<Aim.Verdict> judge(List<Result> results, Machine machine) {
        List<Aim> ofCard = CardAims.concern(results) ? CardAims.ALL : List.of();
        return Stream.concat(ALL.stream(), ofCard.stream())
                .map(aim -> aim.judge(results, machine))
                .toList();
    }

    /** Our time in the peer's: the least ratio over the forms of the peer. */
    private static Aim beside(
            String name, double limit, String model, String batch, String precision, String... peers) {
        String figure = PeerResults.name(model, batch, precision);
        return new Aim(
                name,
                limit,
                true,
                "x",
                "",
                results -> Arrays.stream(peers)
                        .mapToDouble(peer -> one(
                                        results,
                                        result -> result.figure().name().equals(figure)
                                                && result.figure().group().equals(PeerResults.GROUP)
                                                && result.figure().engine().equals(peer))
                                .map(result -> result.beside().ratio())
                                .orElse(Double.NaN))
                        .filter(ratio -> !Double.isNaN(ratio))
                        .min()
                        .orElse(Double.NaN));
    }

    /** {@link #beside} in bf16, which not every processor has. */
    private static Aim emulated(String name, double limit, String model, String batch, String precision, String peer) {
        Aim aim = beside(name, limit, model, batch, precision, peer);
        return new Aim(name, limit, true, aim.unit(), "bf16", aim.value());
    }

    private static Aim int8(String name, String model) {
        return new Aim(
                name, 1.7, true, "x", "bf16", results -> ours(results, model, "bf16") / ours(results, model, "int8"));
    }

    private static double ours(List<Result> results, String model, String precision) {
        String figure = PeerResults.name(model, "1", precision);
        return one(
                        results,
                        result -> result.isOurs()
                                && result.figure().group().equals(PeerResults.GROUP)
                                && result.figure().name().equals(figure))
                .map(result -> result.figure().value())
                .orElse(Double.NaN);
    }

    private static double firstMask(List<Result> results) {
        return one(results, result -> result.isOurs() && result.figure().name().equals(FIRST_MASK))
                .map(result -> result.figure().value() / (result.figure().unit().equals("ms") ? 1e3 : 1))
                .orElse(Double.NaN);
    }

    /** The most that a frame, or any forward pass, allocates. */
    private static double allocation(List<Result> results, boolean ofFrames) {
        return results.stream()
                .filter(result -> result.figure().group().equals(JmhResults.PASSES)
                        && !Double.isNaN(result.allocated())
                        && result.figure().name().startsWith(JmhPlan.FRAME) == ofFrames)
                .mapToDouble(Result::allocated)
                .max()
                .orElse(Double.NaN);
    }

    private static Optional<Result> one(List<Result> results, Predicate<Result> wanted) {
        return results.stream().filter(wanted).findFirst();
    }
}
