package dev.earshot.models.sam;

import dev.earshot.models.internal.CheckpointGuess;
import dev.earshot.models.vit.LayerNormWeights;
import dev.earshot.models.vit.LinearWeights;
import dev.earshot.tensor.Shape;
import dev.earshot.tensor.weights.Weight;
import dev.earshot.tensor.weights.WeightLoader;
import dev.earshot.tensor.weights.Weights;
import dev.earshot.tensor.weights.WeightsException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/**
 * Declares tensors of SAM by the authors' names, whatever the file calls them; messages have the file's names. As the
 * authors of HQ-SAM do, it takes files with further tensors and says so in the log; whatever is missing or has another
 * shape is an error.
 */
final class SamLoader {
    private static final Logger LOG = System.getLogger(SamLoader.class.getName());

    private final WeightLoader loader;
    private final SamKeys keys;
    private final Shapes shapes;
    private final List<String> extra = new ArrayList<>();
    private final String source;

    /** Looks up a tensor that is there. */
    private interface Shapes {
        /** Sizes of a tensor, or {@code otherwise} if it is not there. */
        Shape of(String key, Shape otherwise);
    }

    private SamLoader(String source, WeightLoader loader, SamKeys keys, Shapes shapes) {
        this.source = source;
        this.loader = loader;
        this.keys = keys;
        this.shapes = shapes;
    }

    /**
     * A loader for a file under either family of names.
     *
     * @param model what messages call the model
     */
    static SamLoader of(Weights weights, String model) {
        SamKeys keys = SamLayout.keys(weights);
        WeightLoader loader = WeightLoader.of(weights, model).hint(CheckpointGuess::describe);
        return new SamLoader(
                weights.source(), loader, keys, (key, otherwise) -> SamLayout.shape(weights, key, otherwise));
    }

    /** A loader without a file that collects names and shapes; see {@link #expected()}. */
    static SamLoader declaring(SamKeys keys) {
        return new SamLoader("", WeightLoader.declaring("SAM"), keys, (_, otherwise) -> otherwise);
    }

    /** Declares a tensor. */
    Weight tensor(String original, long... dims) {
        return loader.tensor(keys.of(original), dims);
    }

    /** Declares a table [L, columns] of any length; {@code rows} is used without a file. */
    Weight table(String original, long rows, long columns) {
        Shape found = shapes.of(keys.of(original), Shape.of(rows, columns));
        return tensor(original, found.rank() == 2 && found.dim(0) > 0 ? found.dim(0) : rows, columns);
    }

    /** Declares {@code original.weight} [out, in] and {@code original.bias} [out]. */
    LinearWeights linear(String original, int out, int in) {
        return LinearWeights.declare(loader, keys.of(original), out, in);
    }

    /** Declares {@code original.weight} and {@code original.bias}, both [width]. */
    LayerNormWeights layerNorm(String original, int width) {
        return LayerNormWeights.declare(loader, keys.of(original), width);
    }

    /** Declares the layers of a plain network: in to hidden, hidden to hidden, hidden to out. */
    List<LinearWeights> network(String original, int depth, int in, int hidden, int out) {
        List<LinearWeights> layers = new ArrayList<>();
        for (int i = 0; i < depth; i++) {
            String name = keys.layer(original, i, depth);
            layers.add(LinearWeights.declare(loader, name, i == depth - 1 ? out : hidden, i == 0 ? in : hidden));
        }
        return layers;
    }

    /** Declares the matrix of the Fourier encoding [2, half], under whichever of its names the file has. */
    Weight fourier(int half) {
        String first = keys.of(SamKeys.FOURIER);
        if (keys == SamKeys.ORIGINAL) {
            return loader.tensor(first, 2, half);
        }
        String second = SamKeys.FOURIER_HUGGING_FACE;
        boolean onlySecond = loader.contains(second) && !loader.contains(first);
        loader.optional(onlySecond ? first : second, 2, half);
        return loader.tensor(onlySecond ? second : first, 2, half);
    }

    /** Tensors below this module are left alone without a word. */
    SamLoader ignore(String original) {
        loader.ignore(keys.of(original) + ".");
        return this;
    }

    /** The declared tensors under the file's names. */
    Map<String, Shape> expected() {
        return loader.expected();
    }

    /** Checks the whole file. */
    void finish() {
        Predicate<String> constants = key -> key.equals("pixel_mean") || key.equals("pixel_std");
        loader.ignoreIf(constants).ignoreIf(key -> {
            extra.add(key);
            return true;
        });
        loader.finish();
        if (!extra.isEmpty()) {
            LOG.log(
                    Level.WARNING,
                    "{0}: {1} tensors that the model has no use for are left out, the first is {2}",
                    source,
                    extra.size(),
                    WeightsException.quote(extra.getFirst()));
        }
    }
}
