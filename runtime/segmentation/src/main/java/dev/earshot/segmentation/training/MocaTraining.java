package dev.earshot.segmentation.training;

import dev.earshot.models.adaav.AdaAvAdapters;
import dev.earshot.models.adaav.AdaAvConfig;
import dev.earshot.models.adaav.AdaptedImageBind;
import dev.earshot.models.imagebind.ImageBind;
import dev.earshot.segmentation.image.ImagePreprocess;
import dev.earshot.segmentation.moca.JointCentre;
import dev.earshot.segmentation.moca.MocaWeights;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.weights.Weights;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Everything a training of MoCA's adapters holds: the frozen model, fresh adapters, the caches of frozen states, and the
 * trainer over them. Closing gives all of it back. One thread at a time.
 */
public final class MocaTraining implements AutoCloseable {
    private final Deque<AutoCloseable> owned = new ArrayDeque<>();
    private final MocaTrainer trainer;
    private final Map<String, String> hashes = new LinkedHashMap<>();

    /**
     * What is read; not owned.
     *
     * @param clips pictures and sounds
     * @param imageBind weights of the frozen model; may be closed once the training is open
     * @param imageBindHash SHA-256 of their file
     * @param neighbours of the clips
     * @param centre centre vectors of the joint space, for recipes that ask for them
     */
    public record Sources(
            TrainingClips clips,
            Weights imageBind,
            String imageBindHash,
            NeighbourTable neighbours,
            Optional<JointCentre> centre) {
        /** Sources without centre vectors. */
        public Sources(TrainingClips clips, Weights imageBind, String imageBindHash, NeighbourTable neighbours) {
            this(clips, imageBind, imageBindHash, neighbours, Optional.empty());
        }
    }

    /**
     * Memory against time; changes no result.
     *
     * @param images cache of the image streams that enter the first adapted block
     * @param sounds cache of the audio states that adapters read
     * @param recompute keeps less for the backward pass and computes it again
     */
    public record Thrift(StateCacheOptions images, StateCacheOptions sounds, boolean recompute) {
        /** Up to 1 GiB of memory for each cache, nothing computed twice. */
        public static final Thrift DEFAULT = new Thrift(inMemory(), inMemory(), false);

        private static StateCacheOptions inMemory() {
            return new StateCacheOptions(StateCacheOptions.Place.MEMORY, 1L << 30);
        }
    }

    /** Loads the model and sets everything up before the first step. */
    public MocaTraining(Backend backend, Sources sources, MocaRecipe recipe, Thrift thrift, WorkProgress progress) {
        String origin = sources.imageBindHash() + (recipe.compute() == DType.F32 ? "" : " " + recipe.compute());
        try {
            ImageBind model = own(ImageBind.load(backend, sources.imageBind(), recipe.compute()));
            AdaAvConfig config = recipe.adapters().on(model.config());
            Weights initial = AdaAvAdapters.initial(config, model.config(), recipe.seed());
            AdaptedImageBind adapted =
                    new AdaptedImageBind(model, own(AdaAvAdapters.load(backend, initial, config, model.config())));
            int side = model.config().vision().vit().imageSize();
            TrainingInputs inputs =
                    new TrainingInputs(sources.clips(), ImagePreprocess.MOCA.square(side), recipe.sound());
            ImageStateCache images = own(
                    new ImageStateCache(model, adapted.firstAdaptedBlock(), inputs, thrift.images(), origin, progress));
            AudioStateCache sounds = own(new AudioStateCache(adapted, inputs, thrift.sounds(), origin, progress));
            MocaTrainer.FrozenInputs frozen =
                    new MocaTrainer.FrozenInputs(sources.clips(), images, sounds, centre(sources, recipe));
            trainer = own(new MocaTrainer(adapted, recipe, frozen, sources.neighbours(), thrift.recompute()));
        } catch (Throwable t) {
            close();
            throw t;
        }
        hashes.put("clips.txt", sources.clips().sha256());
        hashes.put("neighbour table", sources.neighbours().sha256());
        hashes.put("ImageBind weights", sources.imageBindHash());
        centre(sources, recipe).ifPresent(centre -> hashes.put("joint centre", SoundWeights.sha256(centre)));
    }

    private static Optional<JointCentre> centre(Sources sources, MocaRecipe recipe) {
        if (recipe.extras().jointCentre() && sources.centre().isEmpty()) {
            throw new IllegalArgumentException("recipe with a joint centre: expected centre vectors with the weights, "
                    + "got none — leave the option out, or add " + MocaWeights.CENTRE_FILE);
        }
        return sources.centre().filter(_ -> recipe.extras().jointCentre());
    }

    private <T extends AutoCloseable> T own(T resource) {
        owned.push(resource);
        return resource;
    }

    /** The trainer, before its first step. */
    public MocaTrainer trainer() {
        return trainer;
    }

    /** Hashes of what is read, by name; a resumed run must have the same. */
    public Map<String, String> hashes() {
        return Map.copyOf(hashes);
    }

    @Override
    public void close() {
        while (!owned.isEmpty()) {
            try {
                owned.pop().close();
            } catch (Exception e) {
                throw new IllegalStateException("training cannot be closed: " + e.getMessage(), e);
            }
        }
    }
}
