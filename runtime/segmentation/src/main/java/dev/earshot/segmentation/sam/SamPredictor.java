package dev.earshot.segmentation.sam;

import dev.earshot.models.sam.Sam;
import dev.earshot.models.sam.SamEmbedding;
import dev.earshot.models.sam.SamGrid;
import dev.earshot.models.sam.SamPrompts;
import dev.earshot.segmentation.image.RgbImage;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.MaskResize;
import dev.earshot.tensor.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * Asks SAM for masks: {@link #setImage} runs the image encoder once, then {@link #predict} answers any number of prompts in
 * pixels of that picture.
 *
 * <p>Owns the picture's embedding, not the model; close it first. One thread at a time. Besides the masks asked for it holds one
 * decoding pass and {@link MaskReader}'s memory, however many prompts there are.
 */
public final class SamPredictor implements AutoCloseable {
    private static final float THRESHOLD = 0;
    private static final float STABILITY_OFFSET = 1;

    private final Backend backend;
    private final Sam sam;
    private final SamTransform transform;
    private final MaskReader reader;
    private SamEmbedding embedding;
    private SamTransform.Geometry geometry;
    private boolean closed;

    /** Asks {@code sam}, which runs on {@code backend}; both stay open. */
    public SamPredictor(Backend backend, Sam sam) {
        this.backend = backend;
        this.sam = sam;
        this.transform = transform(sam);
        this.reader = new MaskReader(backend);
    }

    static SamTransform transform(Sam sam) {
        SamGrid grid = sam.config().grid();
        if (grid.rows() != grid.columns()) {
            throw new IllegalArgumentException(
                    "SAM on pictures: expected a model with a square frame, got %d x %d patches"
                            .formatted(grid.rows(), grid.columns()));
        }
        return new SamTransform(grid.imageHeight());
    }

    /** Looks at a picture; later prompts are about it. Any size from 1 x 1 on. */
    public void setImage(RgbImage image) {
        requireOpen();
        forget();
        geometry = transform.geometry(image.width(), image.height());
        embedding = sam.embed(transform.apply(image));
    }

    /** One prompt's masks. */
    public List<MaskPrediction> predict(SamPrompt prompt, PredictionOptions options) {
        return predict(List.of(prompt), options).getFirst();
    }

    /**
     * Answers prompts, each by itself. Prompts of one form (as many points, with or without box and mask) are asked together.
     *
     * @return for each prompt its masks; nothing for no prompts
     * @throws IllegalArgumentException if a point or a whole box lies outside the picture, or a mask prompt is not of the model's
     *     size
     * @throws IllegalStateException if there is no picture yet or this is closed
     */
    public List<List<MaskPrediction>> predict(List<SamPrompt> prompts, PredictionOptions options) {
        requireOpen();
        if (embedding == null) {
            throw new IllegalStateException("SAM predictor: expected a picture before prompts; call setImage first");
        }
        Map<Form, List<Integer>> forms = new LinkedHashMap<>();
        for (int i = 0; i < prompts.size(); i++) {
            forms.computeIfAbsent(Form.of(prompts.get(i)), form -> new ArrayList<>())
                    .add(i);
        }
        Map<Form, SamPrompts> asked = new LinkedHashMap<>();
        forms.forEach((form, members) ->
                asked.put(form, inFrame(form, members.stream().map(prompts::get).toList())));
        List<List<MaskPrediction>> answers = new ArrayList<>();
        prompts.forEach(prompt -> answers.add(List.of()));
        asked.forEach((form, batch) -> sam.decode(
                embedding, batch, options.answer() != PredictionOptions.Answer.SINGLE, (first, logits, ious) -> {
                    List<List<MaskPrediction>> some = read(logits, ious, options);
                    for (int i = 0; i < some.size(); i++) {
                        answers.set(forms.get(form).get(first + i), some.get(i));
                    }
                }));
        return answers;
    }

    /** What prompts that are asked together have in common. */
    private record Form(int points, boolean box, boolean mask) {
        static Form of(SamPrompt prompt) {
            return new Form(prompt.pointCount(), prompt.hasBox(), prompt.hasMask());
        }
    }

    private SamPrompts inFrame(Form form, List<SamPrompt> prompts) {
        int side = 4 * sam.config().grid().rows();
        int count = prompts.size();
        double[] points = new double[count * 2 * form.points()];
        int[] labels = new int[count * form.points()];
        double[] boxes = new double[form.box() ? 4 * count : 0];
        float[] masks = new float[form.mask() ? Math.multiplyExact(count, side * side) : 0];
        for (int i = 0; i < count; i++) {
            SamPrompt prompt = prompts.get(i);
            double[] own = prompt.pointsWithin(geometry.width(), geometry.height());
            System.arraycopy(own, 0, points, i * own.length, own.length);
            System.arraycopy(prompt.labels(), 0, labels, i * form.points(), form.points());
            double[] box = prompt.boxWithin(geometry.width(), geometry.height());
            System.arraycopy(box, 0, boxes, i * box.length, box.length);
            MaskLogits mask = prompt.mask();
            if (form.mask() && (mask.height() != side || mask.width() != side)) {
                throw new IllegalArgumentException("SAM mask prompt: expected %d x %d logits, got %d x %d"
                        .formatted(side, side, mask.height(), mask.width()));
            }
            System.arraycopy(mask.values(), 0, masks, i * mask.values().length, mask.values().length);
        }
        return new SamPrompts(geometry.toFrame(points), labels, form.points(), geometry.toFrame(boxes), masks, count);
    }

    /** The answers of one decoding pass, by prompt. */
    private List<List<MaskPrediction>> read(Tensor logits, float[] ious, PredictionOptions options) {
        int perPrompt = Math.toIntExact(logits.dim(1));
        Tensor rows = logits.reshape(ious.length, logits.dim(2), logits.dim(3));
        int[] chosen = options.answer() == PredictionOptions.Answer.BEST
                ? IntStream.range(0, ious.length / perPrompt)
                        .map(prompt -> best(ious, prompt * perPrompt, perPrompt))
                        .toArray()
                : IntStream.range(0, ious.length).toArray();
        List<List<MaskPrediction>> answers = new ArrayList<>();
        IntStream.range(0, ious.length / perPrompt).forEach(i -> answers.add(new ArrayList<>()));
        MaskResize resize = geometry.maskResize();
        reader.withRows(rows, chosen, masks -> {
            List<MaskMeasure> measures = reader.measure(masks, resize, THRESHOLD, STABILITY_OFFSET);
            int[] all = IntStream.range(0, chosen.length).toArray();
            reader.read(masks, all, resize, THRESHOLD, (i, mask) -> {
                MaskMeasure measure = measures.get(i);
                MaskLogits low = options.lowResolutionLogits() || options.fullLogits()
                        ? download(masks.slice(0, i, i + 1L))
                        : MaskLogits.NONE;
                answers.get(chosen[i] / perPrompt)
                        .add(new MaskPrediction(
                                mask,
                                ious[chosen[i]],
                                measure.stability(),
                                measure.box(),
                                options.lowResolutionLogits() ? low : MaskLogits.NONE,
                                options.fullLogits() ? low.resized(resize) : MaskLogits.NONE));
            });
        });
        return answers;
    }

    private MaskLogits download(Tensor one) {
        return new MaskLogits(Math.toIntExact(one.dim(1)), Math.toIntExact(one.dim(2)), backend.download(one));
    }

    private static int best(float[] ious, int from, int count) {
        int best = from;
        for (int i = from + 1; i < from + count; i++) {
            best = ious[i] > ious[best] ? i : best;
        }
        return best;
    }

    private void requireOpen() {
        if (closed) {
            throw new IllegalStateException("SAM predictor: closed");
        }
    }

    private void forget() {
        if (embedding != null) {
            embedding.close();
            embedding = null;
        }
    }

    /** Gives the picture's embedding back; the model stays. */
    @Override
    public void close() {
        if (!closed) {
            closed = true;
            forget();
            reader.close();
        }
    }
}
