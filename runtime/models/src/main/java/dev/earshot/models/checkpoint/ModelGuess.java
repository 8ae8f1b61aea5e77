package dev.earshot.models.checkpoint;

import dev.earshot.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Which model a weight file seems to hold, from the names and shapes of its tensors alone. A guess: loaders check every
 * tensor. The published sizes are those of the models' papers and repositories.
 */
public final class ModelGuess {
    private static final Pattern IMAGEBIND_BLOCK = Pattern.compile("modality_trunks\\.(\\w+)\\.blocks\\.(\\d+)\\..*");
    private static final Pattern ADAPTER = Pattern.compile("adaav\\.(\\d+)\\.(attn|mlp)\\.latents");

    private final Map<String, Shape> shapes;

    private ModelGuess(Map<String, Shape> shapes) {
        this.shapes = shapes;
    }

    /** For example {@code DINO vit_small_8 (original names)}; {@code unknown} if nothing known fits. */
    public static String of(Map<String, Shape> shapes) {
        ModelGuess guess = new ModelGuess(shapes);
        List<String> found = new ArrayList<>();
        for (String part :
                List.of(guess.imageBind(), guess.adapters(), guess.dino(), SamGuess.of(shapes), guess.clip())) {
            if (!part.isEmpty()) {
                found.add(part);
            }
        }
        return found.isEmpty() ? "unknown" : String.join(" + ", found);
    }

    private String imageBind() {
        Map<String, Integer> blocks = new TreeMap<>();
        for (String key : shapes.keySet()) {
            Matcher match = IMAGEBIND_BLOCK.matcher(key);
            if (match.matches() && match.group(2).length() < 5) {
                blocks.merge(match.group(1), Integer.parseInt(match.group(2)) + 1, Math::max);
            }
        }
        if (blocks.isEmpty()) {
            return "";
        }
        List<String> trunks = new ArrayList<>();
        blocks.forEach((modality, depth) ->
                trunks.add("%s %d blocks of width %d".formatted(modality, depth, trunkWidth(modality))));
        boolean isHuge = trunkWidth("vision") == 1280 && blocks.getOrDefault("vision", 0) == 32;
        return (isHuge ? "ImageBind-Huge" : "ImageBind") + " (" + String.join(", ", trunks) + ")";
    }

    private long trunkWidth(String modality) {
        return dim("modality_trunks." + modality + ".blocks.0.norm_1.weight", 0);
    }

    private String adapters() {
        int count = 0;
        for (String key : shapes.keySet()) {
            Matcher match = ADAPTER.matcher(key);
            if (match.matches() && match.group(1).length() < 5) {
                count = Math.max(count, Integer.parseInt(match.group(1)) + 1);
            }
        }
        return count == 0
                ? ""
                : "AdaAV adapters (%d, %d latents, bottleneck %d)"
                        .formatted(count, dim("adaav.0.attn.latents", 0), dim("adaav.0.attn.down_v", 0));
    }

    private String dino() {
        if (shapes.containsKey("cls_token") && shapes.containsKey("blocks.0.attn.qkv.weight")) {
            return dino("patch_embed.proj.weight", "original names");
        }
        for (String prefix : List.of("", "vit.")) {
            if (shapes.containsKey(prefix + "embeddings.cls_token")) {
                return dino(prefix + "embeddings.patch_embeddings.projection.weight", "Hugging Face names");
            }
        }
        return "";
    }

    private String dino(String patchKey, String layout) {
        long width = dim(patchKey, 0);
        long patch = dim(patchKey, 3);
        String size = width == 384 ? "small" : width == 768 ? "base" : "";
        return size.isEmpty() || patch != 8 && patch != 16
                ? "a ViT backbone with DINO's names, width %d, patch %d (%s)".formatted(width, patch, layout)
                : "DINO vit_%s_%d (%s)".formatted(size, patch, layout);
    }

    private String clip() {
        if (shapes.containsKey("visual.proj") && shapes.containsKey("visual.class_embedding")) {
            return clip("visual.conv1.weight", "original names");
        }
        if (shapes.containsKey("visual.attnpool.positional_embedding")) {
            return "CLIP ResNet of width %d (original names)".formatted(dim("visual.layer1.0.conv1.weight", 0));
        }
        return shapes.containsKey("vision_model.embeddings.class_embedding")
                ? clip("vision_model.embeddings.patch_embedding.weight", "Hugging Face names")
                : "";
    }

    private String clip(String patchKey, String layout) {
        long width = dim(patchKey, 0);
        String size = width == 768 ? "ViT-B" : width == 1024 ? "ViT-L" : "ViT of width " + width;
        return "CLIP %s/%d (%s)".formatted(size, dim(patchKey, 3), layout);
    }

    /** A size of a tensor; 0 if the tensor or the axis is not there. */
    private long dim(String key, int axis) {
        Shape shape = shapes.get(key);
        return shape == null || axis >= shape.rank() ? 0 : shape.dim(axis);
    }
}
