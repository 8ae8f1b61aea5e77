package dev.earshot.models.dino;

import dev.earshot.models.internal.CheckpointGuess;
import dev.earshot.models.internal.CheckpointShapes;
import dev.earshot.models.vit.BlockConfig;
import dev.earshot.models.vit.BlockWeights;
import dev.earshot.models.vit.LayerNormWeights;
import dev.earshot.models.vit.LinearWeights;
import dev.earshot.models.vit.VitConfig;
import dev.earshot.tensor.weights.Weight;
import dev.earshot.tensor.weights.WeightLoader;
import dev.earshot.tensor.weights.Weights;
import dev.earshot.tensor.weights.WeightsException;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * The keys of DINO checkpoints: the one place where they are written.
 *
 * @param form the family of names
 * @param prefix what stands before every key of the backbone
 * @param blocks where block i lies, with {@code %d}; below the prefix
 * @param names the names within
 */
record DinoLayout(DinoKeyForm form, String prefix, String blocks, Names names) {
    /** Prefixes of backbones inside training checkpoints; the teacher's weights are the ones to use. */
    private static final List<String> ORIGINAL_PREFIXES = List.of(
            "",
            "teacher.module.backbone.",
            "teacher.backbone.",
            "teacher.module.",
            "teacher.",
            "module.backbone.",
            "backbone.",
            "module.");

    private static final List<String> HUGGING_FACE_PREFIXES = List.of("", "vit.");
    private static final List<String> HUGGING_FACE_BLOCKS =
            List.of("encoder.layer.%d.", "encoder.layers.%d.", "layers.%d.");

    /**
     * Names of the tensors outside and inside a block.
     *
     * @param qkv one joint layer, or query, key and value
     */
    record Names(
            String classToken,
            String positions,
            String patchEmbed,
            String norm,
            String norm1,
            List<String> qkv,
            String proj,
            String norm2,
            String fc1,
            String fc2) {
        private static final Names ORIGINAL = new Names(
                "cls_token",
                "pos_embed",
                "patch_embed.proj",
                "norm",
                "norm1",
                List.of("attn.qkv"),
                "attn.proj",
                "norm2",
                "mlp.fc1",
                "mlp.fc2");

        /** The files on the hub. */
        private static final Names PUBLISHED = huggingFace(
                List.of("attention.attention.query", "attention.attention.key", "attention.attention.value"),
                "attention.output.dense",
                "intermediate.dense",
                "output.dense");

        /** What transformers 5 calls the same tensors, and may write. */
        private static final Names RENAMED = huggingFace(
                List.of("attention.q_proj", "attention.k_proj", "attention.v_proj"),
                "attention.o_proj",
                "mlp.fc1",
                "mlp.fc2");

        private static Names huggingFace(List<String> qkv, String proj, String fc1, String fc2) {
            return new Names(
                    "embeddings.cls_token",
                    "embeddings.position_embeddings",
                    "embeddings.patch_embeddings.projection",
                    "layernorm",
                    "layernorm_before",
                    qkv,
                    proj,
                    "layernorm_after",
                    fc1,
                    fc2);
        }
    }

    /** The declared tensors of a backbone. */
    record Declared(
            Weight classToken,
            Weight positions,
            LinearWeights patchEmbed,
            List<BlockWeights> blocks,
            LayerNormWeights norm) {}

    /** The authors' published files. */
    static DinoLayout original() {
        return new DinoLayout(DinoKeyForm.ORIGINAL, "", "blocks.%d.", Names.ORIGINAL);
    }

    /** The files on the Hugging Face hub. */
    static DinoLayout huggingFace() {
        return new DinoLayout(DinoKeyForm.HUGGING_FACE, "", HUGGING_FACE_BLOCKS.getFirst(), Names.PUBLISHED);
    }

    /** The layout of a file, if it holds a backbone under known names. */
    static Optional<DinoLayout> find(Weights weights) {
        Stream<DinoLayout> original = ORIGINAL_PREFIXES.stream()
                .map(prefix -> new DinoLayout(DinoKeyForm.ORIGINAL, prefix, "blocks.%d.", Names.ORIGINAL));
        Stream<DinoLayout> huggingFace = HUGGING_FACE_PREFIXES.stream()
                .flatMap(prefix -> HUGGING_FACE_BLOCKS.stream()
                        .flatMap(blocks -> Stream.of(Names.PUBLISHED, Names.RENAMED)
                                .map(names -> new DinoLayout(DinoKeyForm.HUGGING_FACE, prefix, blocks, names))));
        return Stream.concat(original, huggingFace)
                .filter(layout -> layout.fits(weights))
                .findFirst();
    }

    /** The layout of a file that is expected to hold a backbone. */
    static DinoLayout of(Weights weights) {
        return find(weights).orElseThrow(() -> {
            String guess = CheckpointGuess.describe(weights);
            return WeightsException.of(
                    weights.source(),
                    "weights",
                    "a DINO backbone under the authors' or Hugging Face's names (\"cls_token\" or \"embeddings.cls_token\")",
                    "neither",
                    guess.isEmpty() ? "give dino_vitbase16_pretrain or another DINO file" : "this looks like " + guess);
        });
    }

    private boolean fits(Weights weights) {
        return weights.contains(prefix + names.classToken)
                && weights.contains(prefix + names.patchEmbed + ".weight")
                && weights.contains(prefix + block(0) + names.fc1 + ".weight")
                && weights.contains(prefix + block(0) + names.qkv.getFirst() + ".weight");
    }

    private String block(int index) {
        return blocks.formatted(index);
    }

    /** Sizes of the backbone from the shapes of a checkpoint of this layout. */
    DinoConfig config(Weights weights) {
        CheckpointShapes shapes = new CheckpointShapes(weights);
        String stem = prefix + names.patchEmbed + ".weight"; // [D, 3, p, p]
        return shapes.derive("a DINO backbone", () -> {
            int width = shapes.dim(stem, 4, 0);
            int patch = shapes.dim(stem, 4, 3);
            VitConfig vit = new VitConfig(
                    Math.multiplyExact(shapes.gridSide(prefix + names.positions), patch),
                    patch,
                    width,
                    shapes.depth(prefix + blocks + names.norm1 + ".weight"),
                    shapes.heads("earshot.heads", width, DinoConfig.HEAD_DIM),
                    shapes.dim(prefix + block(0) + names.fc1 + ".weight", 2, 0),
                    form.layerNormEps());
            return new DinoConfig(vit, form.resampling());
        });
    }

    /** Declares the backbone; heads, poolers and the student beside it are ignored. */
    Declared declare(WeightLoader loader, VitConfig vit) {
        WeightLoader root = loader.at(prefix);
        int width = vit.width();
        Declared declared = new Declared(
                root.tensor(names.classToken, 1, 1, width),
                root.tensor(names.positions, 1, vit.tokens(), width),
                new LinearWeights(
                        List.of(root.tensor(names.patchEmbed + ".weight", width, 3, vit.patchSize(), vit.patchSize())),
                        List.of(root.tensor(names.patchEmbed + ".bias", width))),
                IntStream.range(0, vit.depth())
                        .mapToObj(i -> block(root.at(block(i)), vit.block()))
                        .toList(),
                LayerNormWeights.declare(root, names.norm, width));
        root.ignore("head.").ignore("pooler.");
        if (!prefix.isEmpty()) {
            loader.ignoreIf(key -> !key.startsWith(prefix));
        }
        return declared;
    }

    private BlockWeights block(WeightLoader block, BlockConfig config) {
        int width = config.width();
        long rows = 3L * width / names.qkv.size();
        return new BlockWeights(
                LayerNormWeights.declare(block, names.norm1, width),
                new LinearWeights(
                        names.qkv.stream()
                                .map(name -> block.tensor(name + ".weight", rows, width))
                                .toList(),
                        names.qkv.stream()
                                .map(name -> block.tensor(name + ".bias", rows))
                                .toList()),
                List.of(),
                LinearWeights.declare(block, names.proj, width, width),
                LayerNormWeights.declare(block, names.norm2, width),
                LinearWeights.declare(block, names.fc1, config.mlpWidth(), width),
                LinearWeights.declare(block, names.fc2, width, config.mlpWidth()));
    }
}
