package dev.earshot.models.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.earshot.models.Filler;
import dev.earshot.models.Tiny;
import dev.earshot.models.adaav.AdaAvAdapters;
import dev.earshot.models.adaav.AdaAvConfig;
import dev.earshot.models.adaav.Placement;
import dev.earshot.models.dino.Dino;
import dev.earshot.models.dino.DinoConfig;
import dev.earshot.models.dino.DinoKeyForm;
import dev.earshot.models.imagebind.ImageBind;
import dev.earshot.models.vit.PositionResampling;
import dev.earshot.models.vit.VitConfig;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.HostTensor;
import dev.earshot.tensor.reference.ReferenceBackend;
import dev.earshot.tensor.weights.Weights;
import dev.earshot.tensor.weights.WeightsException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Weight files whose shapes contradict each other end in a {@link WeightsException}, never in anything else. */
class CheckpointShapesTest {
    private final Backend backend = new ReferenceBackend();

    @AfterEach
    void close() {
        backend.close();
    }

    @Test
    void damagedImageBindFilesAreRefused() {
        Map<String, String> heads = Map.of("earshot.vision_heads", "3", "earshot.audio_heads", "2");
        damage(
                ImageBind.filler(Tiny.IMAGEBIND),
                heads,
                1, // a longer audio table is that of longer clips
                weights -> ImageBind.load(backend, weights, DType.F32).close());
    }

    @Test
    void damagedDinoFilesAreRefused() {
        DinoConfig tiny = new DinoConfig(new VitConfig(16, 8, 8, 2, 2, 12, 1e-6f), PositionResampling.DINO_ORIGINAL);
        for (DinoKeyForm form : DinoKeyForm.values()) {
            damage(
                    Dino.filler(tiny, form),
                    Map.of("earshot.heads", "2"),
                    0,
                    weights -> Dino.load(backend, weights, DType.F32).close());
        }
    }

    @Test
    void damagedAdapterFilesAreRefused() {
        AdaAvConfig config = new AdaAvConfig(new Placement.Last(2).pairs(3, 3), 5, 2);
        damage(
                AdaAvAdapters.initial(config, Tiny.IMAGEBIND, 1),
                Map.of("earshot.adaav_pairs", "1:1,2:2"),
                0,
                weights -> AdaAvAdapters.load(backend, weights, Tiny.IMAGEBIND).close());
    }

    /**
     * Loads the file as it is, then with each tensor in turn missing or of other sizes.
     *
     * @param unnoticed how many of the changed files are sound as well
     */
    private static void damage(Weights sound, Map<String, String> metadata, int unnoticed, Consumer<Weights> load) {
        load.accept(Tiny.withMetadata(sound, metadata));
        int refused = 0;
        int tried = 0;
        for (String key : sound.keys()) {
            List<Map<String, HostTensor>> files = new ArrayList<>();
            for (long[] dims : otherSizes(sound.shape(key).toArray())) {
                Map<String, HostTensor> tensors = Tiny.renamed(sound, name -> name);
                tensors.put(key, Filler.tensor(key, dims));
                files.add(tensors);
            }
            Map<String, HostTensor> without = Tiny.renamed(sound, name -> name);
            without.remove(key);
            files.add(without);
            for (Map<String, HostTensor> tensors : files) {
                tried++;
                try {
                    load.accept(Tiny.withMetadata(Weights.of("damaged.safetensors", tensors), metadata));
                } catch (WeightsException e) {
                    refused++;
                    assertTrue(e.getMessage().startsWith("damaged.safetensors: "), e.getMessage());
                }
            }
        }
        assertEquals(tried - unnoticed, refused);
    }

    private static List<long[]> otherSizes(long[] dims) {
        List<long[]> others = new ArrayList<>();
        long[] longer = Arrays.copyOf(dims, dims.length + 1);
        longer[dims.length] = 1;
        others.add(longer);
        for (int axis = 0; axis < dims.length; axis++) {
            for (long size : new long[] {0, dims[axis] + 1}) {
                long[] other = dims.clone();
                other[axis] = size;
                others.add(other);
            }
        }
        return others;
    }

    @Test
    void headCountsInMetadataMustDivideTheWidth() {
        Weights filler = ImageBind.filler(Tiny.IMAGEBIND);
        for (String heads : new String[] {"0", "-1", "5", "three", "99999999999"}) {
            Weights stated =
                    Tiny.withMetadata(filler, Map.of("earshot.vision_heads", heads, "earshot.audio_heads", "2"));
            var error = assertThrows(WeightsException.class, () -> ImageBind.load(backend, stated, DType.F32));
            assertTrue(error.getMessage().contains("earshot.vision_heads"), error.getMessage());
        }
    }

    @Test
    void placesInMetadataMustBeAListOfDistinctBlocks() {
        AdaAvConfig config = new AdaAvConfig(new Placement.Last(2).pairs(3, 3), 5, 2);
        Weights initial = AdaAvAdapters.initial(config, Tiny.IMAGEBIND, 1);
        for (String pairs : new String[] {"", "last:2", "1:1,1:2", "1:1,2", "a:b"}) {
            Weights stated = Tiny.withMetadata(initial, Map.of("earshot.adaav_pairs", pairs));
            assertThrows(WeightsException.class, () -> AdaAvConfig.of(stated), pairs);
        }
    }
}
