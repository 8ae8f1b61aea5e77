package dev.earshot.segmentation.training;

import dev.earshot.models.ForwardSession;
import dev.earshot.models.dino.Dino;
import dev.earshot.models.dino.DinoConfig;
import dev.earshot.models.dino.DinoKeyForm;
import dev.earshot.models.dino.DinoPooling;
import dev.earshot.models.dino.DinoVariant;
import dev.earshot.models.vit.VitConfig;
import dev.earshot.segmentation.image.ImagePreprocess;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.HostTensor;
import dev.earshot.tensor.Shape;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.weights.SafetensorsWriter;
import dev.earshot.tensor.weights.Weights;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.IntStream;

/**
 * One DINO feature of unit length per clip's picture, computed once and kept in {@code
 * cache/dino_<variant>.safetensors} ({@code features} F32 [N, C]; what they were made from stands in the metadata).
 *
 * <p>A stopped run goes on behind its last {@value #CHUNK} pictures.
 *
 * @param clips whose pictures
 * @param dino weights of the backbone; not owned
 * @param dinoHash hash of their file
 * @param pooling how the patches' features become the picture's
 */
public record FeatureCache(TrainingClips clips, Weights dino, String dinoHash, DinoPooling pooling) {
    /** The tensor in the file. */
    public static final String FEATURES = "features";

    private static final int CHUNK = 64;
    private static final int BATCH = 16;

    /** What is clustered later is the whole frame at 224 x 224, so DINO sees the same, with its own statistics. */
    private static final ImagePreprocess PREPROCESS = ImagePreprocess.DINO.square(224);

    /** The backbone's name in file names: {@code vit_small_8}, or its sizes where it is none of the published ones. */
    public String variant() {
        VitConfig vit = DinoConfig.of(dino).vit();
        String name = "w%dp%d".formatted(vit.width(), vit.patchSize());
        for (DinoVariant variant : DinoVariant.values()) {
            VitConfig known = variant.config(DinoKeyForm.ORIGINAL).vit();
            if (known.width() == vit.width() && known.patchSize() == vit.patchSize()) {
                name = variant.toString();
            }
        }
        return pooling == DinoPooling.GAP ? name : name + "_" + pooling.name().toLowerCase(Locale.ROOT);
    }

    /** The file. */
    public Path file() {
        return clips.cacheFolder().resolve("dino_" + variant() + ".safetensors");
    }

    /** What the features depend on, as it stands in the file's metadata. */
    public Map<String, String> origin() {
        Map<String, String> origin = new TreeMap<>();
        origin.put("clips.txt", clips.sha256());
        origin.put("weights", dinoHash);
        origin.put("preprocessing", PREPROCESS.toString());
        origin.put("pooling", pooling.name().toLowerCase(Locale.ROOT));
        return origin;
    }

    /**
     * Opens the file; makes it if it is missing, damaged, or made from something else, which is said in one line. The
     * caller closes it.
     */
    public Weights open(Backend backend, WorkProgress progress) {
        CacheFile file = new CacheFile(file(), origin());
        Optional<Weights> known = file.open(progress);
        if (known.isPresent()) {
            return known.get();
        }
        make(backend, progress);
        return Weights.open(file());
    }

    private void make(Backend backend, WorkProgress progress) {
        int width = width();
        Path part = file().resolveSibling(file().getFileName() + ".part");
        try (PartialRows rows = new PartialRows(part, origin().toString(), width);
                Arena arena = Arena.ofConfined()) {
            if (rows.rows() < clips.size()) {
                compute(backend, rows, progress);
            }
            SafetensorsWriter writer = new SafetensorsWriter();
            origin().forEach(writer::metadata);
            writer.tensor(FEATURES, new HostTensor(rows.map(arena), DType.F32, Shape.of(rows.rows(), width)));
            writer.write(file());
            rows.delete();
        }
    }

    private int width() {
        int width = DinoConfig.of(dino).vit().width();
        return pooling == DinoPooling.GAP_WITH_CLS ? 2 * width : width;
    }

    private void compute(Backend backend, PartialRows rows, WorkProgress progress) {
        TrainingInputs inputs = new TrainingInputs(clips, PREPROCESS, SoundCut.SECOND);
        try (Dino model = Dino.load(backend, dino, DType.F32);
                ForwardSession<Tensor> session = model.session(pooling);
                WorkProgress.Task task = progress.begin("DINO features", clips.size(), "pictures")) {
            task.stepBy(rows.rows());
            while (rows.rows() < clips.size()) {
                int from = rows.rows();
                int count = Math.min(CHUNK, clips.size() - from);
                float[] values = new float[count * width()];
                for (int done = 0; done < count; done += BATCH) {
                    int[] batch = IntStream.range(from + done, from + Math.min(count, done + BATCH))
                            .toArray();
                    float[] features = backend.download(session.run(inputs.images(batch)));
                    System.arraycopy(features, 0, values, done * width(), features.length);
                    task.stepBy(batch.length);
                }
                rows.append(values);
            }
        }
    }
}
