package dev.earshot.bench.suite;

import java.util.ArrayList;
import java.util.List;

/**
 * One call of bench/side-by-side: a few models at the same effort.
 *
 * @param name of the result file, behind {@code peers-}
 * @param models as the script takes them, comma-separated
 * @param batches comma-separated
 * @param rounds of a full run
 * @param iterations runs in a round of a full run
 * @param quick true if a quick run has it too, at two rounds of one run
 * @param more further options
 */
record PeerCall(
        String name, String models, String batches, int rounds, int iterations, boolean quick, List<String> more) {
    private static final double START_SECONDS = 15;

    /** The table: what is measured beside others on a processor. */
    static final List<PeerCall> CPU = List.of(
            new PeerCall("vit", "dino-vitb16", "1", 7, 3, false, List.of()),
            new PeerCall("vit-batch", "dino-vitb16", "8", 3, 2, false, List.of("--warm", "1")),
            new PeerCall("imagebind", "imagebind-image", "1", 5, 1, false, List.of("--warm", "1")),
            new PeerCall(
                    "imagebind-int8",
                    "imagebind-image",
                    "1",
                    3,
                    1,
                    false,
                    List.of("--precisions", "fp32,bf16,int8", "--warm", "1", "--engines", "earshot,onnxruntime")),
            new PeerCall(
                    "imagebind-bf16",
                    "imagebind-image",
                    "1",
                    2,
                    1,
                    false,
                    List.of("--precisions", "bf16", "--warm", "0", "--engines", "earshot,torch")),
            new PeerCall(
                    "precisions",
                    "dino-vitb16",
                    "1",
                    5,
                    1,
                    false,
                    List.of("--precisions", "fp32,bf16,int8", "--engines", "earshot,torch,onnxruntime")),
            new PeerCall(
                    "clip",
                    "moca-clip",
                    "5",
                    2,
                    1,
                    false,
                    List.of("--precisions", "fp32,bf16", "--warm", "0", "--engines", "earshot,torch,torch-unlocked")),
            new PeerCall("kmeans", "kmeans", "5", 7, 10, true, List.of()),
            new PeerCall("matching", "pma-scanline", "8", 7, 5, true, List.of()),
            new PeerCall(
                    "neighbours", "knn", "20000", 3, 1, false, List.of("--engines", "earshot,sklearn,faiss,torch")),
            new PeerCall(
                    "training", "train-tiny", "8", 5, 3, false, List.of("--engines", "earshot,torch,torch-unlocked")),
            new PeerCall("sam-encoder", "sam-vit-b", "1", 2, 1, false, List.of("--warm", "1")),
            samEncoder("sam-vit-l"),
            samEncoder("sam-vit-h"),
            new PeerCall("sam-decoder", "sam-decoder", "64", 3, 1, false, List.of("--warm", "1")),
            new PeerCall("sam-generator", "sam-generator-b", "32", 1, 1, false, List.of("--warm", "0")));

    /** Minutes a pass: the first one, untimed, is all the run-in. */
    private static PeerCall samEncoder(String model) {
        return new PeerCall(
                model, model, "1", 2, 1, false, List.of("--warm", "0", "--engines", "earshot,torch,transformers"));
    }

    /** The table of a card: whole models, matching and training; more runs, since each is short. */
    static final List<PeerCall> CUDA = List.of(
            new PeerCall("images", "dino-vitb16,imagebind-image", "1,8,64", 7, 30, true, List.of()),
            new PeerCall("matching", "pma-scanline", "8", 7, 30, true, List.of()),
            // About 3 minutes, most of it torch.compile; then 1.
            new PeerCall("frame", "moca-frame", "1,8", 7, 30, false, List.of()),
            new PeerCall("kmeans", "kmeans", "5,64", 7, 30, false, List.of("--engines", "earshot,torch,torch-graph")),
            // 5 minutes: ImageBind's weights are filled eight times and its blocks compiled twice.
            new PeerCall("clip", "moca-clip", "1,8", 5, 10, false, List.of("--precisions", "bf16")),
            // 2 minutes: a search takes a second or so.
            new PeerCall(
                    "neighbours", "knn", "184000", 3, 2, false, List.of("--precisions", "fp32,tf32", "--warm", "1")),
            // 6 minutes; then 4, without the captured step so that all activations fit side by side.
            new PeerCall("training", "train-imagebind", "8", 5, 10, false, List.of("--precisions", "tf32,bf16")),
            new PeerCall(
                    "training-64",
                    "train-imagebind",
                    "64",
                    3,
                    3,
                    false,
                    List.of("--precisions", "bf16", "--warm", "2", "--engines", "earshot,torch,torch-compile")),
            new PeerCall("sam-encoder", "sam-vit-b,sam-vit-h", "1", 7, 10, false, List.of()),
            new PeerCall("sam-decoder", "sam-decoder", "64", 7, 10, false, List.of()),
            new PeerCall("sam-generator", "sam-generator-b", "32", 3, 1, false, List.of("--warm", "1")));

    private long comparisons() {
        return (long) models.split(",").length * batches.split(",").length;
    }

    /** The process. */
    Step step(Setting setting, String device) {
        String base = (device.equals("cuda") ? "cuda-peers-" : "peers-") + name;
        List<String> command = new ArrayList<>(List.of(
                setting.home().resolve("bench/side-by-side").toString(),
                "--models",
                models,
                "--batches",
                batches,
                "--device",
                device.equals("cuda") ? setting.card() : device,
                "--threads",
                Integer.toString(setting.threads()),
                "--rounds",
                Integer.toString(setting.quick() ? 2 : rounds),
                "--iterations",
                Integer.toString(setting.quick() ? 1 : iterations),
                "--name",
                base,
                "--out",
                setting.raw().toString()));
        command.addAll(more);
        String step = (device.equals("cuda") ? "card: " : "") + "side by side: " + name;
        return new Step(step, base + ".json", command, START_SECONDS + comparisons() * (setting.quick() ? 20 : 60));
    }
}
