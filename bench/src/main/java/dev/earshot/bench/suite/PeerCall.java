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
    private static final double COMPARISON_SECONDS = 50;
    private static final double QUICK_SECONDS = 40;

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

    /**
     * The table of a card, the most telling first. Each is minutes, most of them for loading weights and for PyTorch's tuning
     * of one block per type and batch. Expected on an H200 with 16 cores, not yet measured, in minutes: images 7, sam-encoder
     * 6, adapted 4, audio and small 2, sam-decoder and sam-generator 2; of the others it stands beside them.
     */
    static final List<PeerCall> CUDA = List.of(
            network("images", "imagebind-image,dino-vitb16", "1,64", "bf16,tf32", true),
            network("sam-encoder", "sam-vit-h,sam-vit-b", "1", "bf16,tf32", false),
            network("adapted", "imagebind-adapted", "1,64", "bf16,tf32", false),
            network("audio", "imagebind-audio", "1,64", "bf16", false),
            network("small", "dino-vits8", "1,64", "bf16", false),
            // Each bounded: 5 minutes expected, most of them compilers, then 1 and 1; fp32 at the end of the table.
            new PeerCall("ops", "ops", "1", 5, 20, true, List.of("--precisions", "bf16", "--minutes", "6")),
            new PeerCall(
                    "ops-tf32",
                    "op-linear-vith-qkv,op-linear-vith-fc1,op-linear-vith-fc2",
                    "64",
                    5,
                    20,
                    true,
                    List.of("--precisions", "tf32", "--minutes", "2")),
            new PeerCall(
                    "ops-latency",
                    "op-linear-vith-qkv,op-linear-vith-fc1,op-linear-vith-fc2,op-attention-vith,op-layernorm-vith",
                    "1",
                    5,
                    20,
                    true,
                    List.of("--precisions", "bf16", "--minutes", "2")),
            new PeerCall("matching", "pma-scanline,pma-scanline-w3,pma-search2d", "8", 5, 20, true, List.of()),
            // About 3 minutes, most of it torch.compile; then 1.
            new PeerCall("frame", "moca-frame", "1,8", 7, 30, false, List.of("--minutes", "5")),
            new PeerCall(
                    "kmeans",
                    "kmeans",
                    "5,64",
                    7,
                    30,
                    false,
                    List.of("--engines", "earshot,torch,torch-graph", "--minutes", "3")),
            // 5 minutes: ImageBind's weights are filled eight times and its blocks compiled twice.
            new PeerCall("clip", "moca-clip", "1,8", 5, 10, false, List.of("--precisions", "bf16", "--minutes", "8")),
            // 2 minutes: a search takes a second or so.
            new PeerCall(
                    "neighbours",
                    "knn",
                    "184000",
                    3,
                    2,
                    false,
                    List.of("--precisions", "fp32,tf32", "--warm", "1", "--minutes", "4")),
            // 6 minutes; then 4, without the captured step so that all activations fit side by side.
            new PeerCall(
                    "training",
                    "train-imagebind",
                    "8",
                    5,
                    10,
                    false,
                    List.of("--precisions", "tf32,bf16", "--minutes", "8")),
            new PeerCall(
                    "training-64",
                    "train-imagebind",
                    "64",
                    3,
                    3,
                    false,
                    List.of(
                            "--precisions",
                            "bf16",
                            "--warm",
                            "2",
                            "--engines",
                            "earshot,torch,torch-compile",
                            "--minutes",
                            "8")),
            network("sam-decoder", "sam-decoder", "64", "tf32", false),
            new PeerCall("sam-generator", "sam-generator-b", "32", 3, 1, false, List.of("--warm", "1")),
            new PeerCall("ops-fp32", "ops", "1", 5, 20, false, List.of("--precisions", "fp32", "--minutes", "6")));

    private static PeerCall network(String name, String models, String batches, String precisions, boolean quick) {
        return new PeerCall(name, models, batches, 5, 10, quick, List.of("--precisions", precisions));
    }

    /** About what it takes on a card: engines start, are compared and timed once per model, batch and precision; where the script bounds itself, that. */
    private double seconds(boolean quick) {
        int bound = more.indexOf("--minutes");
        if (bound >= 0) {
            return START_SECONDS + 60 * Double.parseDouble(more.get(bound + 1));
        }
        int asked = more.indexOf("--precisions");
        int precisions = asked < 0 ? 1 : more.get(asked + 1).split(",").length;
        int comparisons = models.split(",").length * batches.split(",").length * precisions;
        return START_SECONDS + comparisons * (quick ? QUICK_SECONDS : COMPARISON_SECONDS);
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
        return new Step(step, base + ".json", command, seconds(setting.quick()));
    }
}
