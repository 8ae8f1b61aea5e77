package dev.earshot.segmentation.training;

import dev.earshot.models.adaav.Placement;
import dev.earshot.models.imagebind.ImageBind;
import dev.earshot.segmentation.image.ImagePreprocess;
import dev.earshot.segmentation.moca.TinyModel;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.HostTensor;
import dev.earshot.tensor.SplitMix64;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** A training small enough for tests: random trunks, 16 clips in 4 groups of near-duplicates. */
final class TinyTraining implements AutoCloseable {
    static final int CLIPS = 16;
    static final int GROUP = 4;
    static final int K = 3;
    static final StateCacheOptions IN_MEMORY = new StateCacheOptions(StateCacheOptions.Place.MEMORY, 1 << 24);
    static final MocaTraining.Thrift CACHED = new MocaTraining.Thrift(IN_MEMORY, IN_MEMORY, false);

    private static final int RATE = 16_000;

    final TrainingClips clips;
    final MocaTraining training;
    final MocaTrainer trainer;

    TinyTraining(Backend backend, Path data, MocaRecipe recipe) {
        this(backend, data, recipe, CACHED);
    }

    TinyTraining(Backend backend, Path data, MocaRecipe recipe, MocaTraining.Thrift thrift) {
        clips = TrainingClips.open(data, WorkProgress.NONE);
        MocaTraining.Sources sources = new MocaTraining.Sources(
                clips, ImageBind.filler(TinyModel.CONFIG), "filler", neighbours(backend, clips));
        training = new MocaTraining(backend, sources, recipe, thrift, WorkProgress.NONE);
        trainer = training.trainer();
    }

    /** Two adapted blocks, batches of four. */
    static MocaRecipe recipe(long steps, double learningRate) {
        return recipe(steps, learningRate, RecipeExtras.NONE);
    }

    /** As the other, with options beside the paper's recipe. */
    static MocaRecipe recipe(long steps, double learningRate, RecipeExtras extras) {
        OptimizerSettings o = OptimizerSettings.MOCA;
        TripletSettings t = TripletSettings.MOCA;
        return new MocaRecipe(
                new AdapterSettings(Optional.of(new Placement.Last(2)), 6, 3),
                new TripletSettings(4, K, t.margin(), t.matching(), t.featureNorm()),
                new OptimizerSettings(
                        o.algorithm(), learningRate, o.schedule(), steps, 0, o.beta1(), o.beta2(), o.eps(), 0),
                extras,
                SoundCut.SECOND,
                DType.F32,
                5);
    }

    /** Neighbours by the pictures' pixels. */
    static NeighbourTable neighbours(Backend backend, TrainingClips clips) {
        ImagePreprocess small = ImagePreprocess.MOCA.square(8);
        int width = 3 * 8 * 8;
        float[] rows = new float[clips.size() * width];
        for (int i = 0; i < clips.size(); i++) {
            float[] pixels = small.apply(clips.picture(i));
            double square = 0;
            for (float value : pixels) {
                square += (double) value * value;
            }
            for (int j = 0; j < width; j++) {
                rows[i * width + j] = (float) (pixels[j] / Math.sqrt(square));
            }
        }
        return new NeighbourSearch(K)
                .run(backend, HostTensor.of(rows, clips.size(), width), new int[0], WorkProgress.NONE);
    }

    /** Writes the clips: one random picture in a shade for each group, a tone for each, noise for each clip. */
    static Path write(Path folder) {
        int side = TinyModel.SIDE;
        byte[] frames = new byte[CLIPS * side * side * 3];
        ByteBuffer waves = ByteBuffer.allocate(2 * CLIPS * RATE).order(ByteOrder.LITTLE_ENDIAN);
        for (int clip = 0; clip < CLIPS; clip++) {
            SplitMix64 all = new SplitMix64(999);
            SplitMix64 group = new SplitMix64(clip / GROUP);
            SplitMix64 noise = new SplitMix64(1000 + clip);
            double[] cells = new double[7 * 7 * 3];
            for (int i = 0; i < cells.length; i++) {
                cells[i] = 20 + 160 * all.unit() + 30 * group.unit();
            }
            for (int y = 0; y < side; y++) {
                for (int x = 0; x < side; x++) {
                    for (int c = 0; c < 3; c++) {
                        double value = cells[(y / 8 * 7 + x / 8) * 3 + c] + 20 * noise.unit();
                        frames[((clip * side + y) * side + x) * 3 + c] = (byte) (int) value;
                    }
                }
            }
            for (int t = 0; t < RATE; t++) {
                double tone = Math.sin(2 * Math.PI * (200 + 300 * (clip / GROUP)) * t / RATE);
                waves.putShort((short) (8000 * tone + 500 * noise.unit()));
            }
        }
        try {
            Files.createDirectories(folder);
            Files.writeString(
                    folder.resolve("shape.json"),
                    "{\"count\": %d, \"size\": %d, \"sampleRate\": %d, \"split\": \"train\", \"seed\": 1}"
                            .formatted(CLIPS, side, RATE));
            Files.write(folder.resolve("frames.u8"), frames);
            Files.write(folder.resolve("wave.i16"), waves.array());
            return folder;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        training.close();
        clips.close();
    }
}
