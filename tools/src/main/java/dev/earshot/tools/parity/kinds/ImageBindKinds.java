package dev.earshot.tools.parity.kinds;

import dev.earshot.models.imagebind.AudioConfig;
import dev.earshot.models.imagebind.ImageBind;
import dev.earshot.models.imagebind.ImageBindAudio;
import dev.earshot.models.imagebind.ImageBindConfig;
import dev.earshot.models.imagebind.ImageBindVision;
import dev.earshot.models.imagebind.VisionConfig;
import dev.earshot.models.vit.BlockHook;
import dev.earshot.models.vit.VitConfig;
import dev.earshot.segmentation.audio.Waveform;
import dev.earshot.segmentation.image.ImagePreprocess;
import dev.earshot.segmentation.image.RgbImage;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.HostTensor;
import dev.earshot.tensor.ParameterScope;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.Workspace;
import dev.earshot.tensor.weights.Weights;
import dev.earshot.tools.parity.GoldenCase;
import dev.earshot.tools.parity.KindRunner;
import java.util.List;
import java.util.Map;

/** ImageBind's encoders, alone and together, small and at full size. */
public final class ImageBindKinds {
    /** Kind to runner. */
    public static final Map<String, KindRunner> RUNNERS = Map.of(
            "imagebind.vision", ImageBindKinds::vision,
            "imagebind.audio", ImageBindKinds::audio,
            "imagebind.joint", ImageBindKinds::joint,
            "full.imagebind", new FullSize(ImageBindKinds::full));

    private static final int MLP_RATIO = 4;

    /** Rate of {@code input.wave}, as its description says. */
    private static final int SAMPLE_RATE_HZ = 16_000;

    /** First image row of {@code mid.image_patch_row}, as its description says. */
    private static final int STRIP_ROW = 100;

    private static final long WORKSPACE_BYTES = 1 << 20;

    private ImageBindKinds() {}

    static ImageBindConfig config(GoldenCase golden) {
        return new ImageBindConfig(visionConfig(golden), audioConfig(golden));
    }

    private static VisionConfig visionConfig(GoldenCase golden) {
        int width = golden.intOption("v_dim");
        VitConfig vit = new VitConfig(
                golden.intOption("image_size"),
                golden.intOption("patch"),
                width,
                golden.intOption("v_blocks"),
                golden.intOption("v_heads"),
                MLP_RATIO * width,
                ImageBindConfig.LAYER_NORM_EPS);
        return new VisionConfig(vit, golden.intOption("out_dim"));
    }

    private static AudioConfig audioConfig(GoldenCase golden) {
        int kernel = golden.intOption("audio_kernel");
        int stride = golden.intOption("audio_stride");
        int rows = (golden.intOption("mel") - kernel) / stride + 1;
        int columns = (golden.intOption("len") - kernel) / stride + 1;
        int width = golden.intOption("a_dim");
        return new AudioConfig(
                kernel,
                stride,
                rows * columns,
                width,
                golden.intOption("a_blocks"),
                golden.intOption("a_heads"),
                MLP_RATIO * width,
                golden.intOption("out_dim"));
    }

    private static Map<String, HostTensor> vision(GoldenCase golden, Backend b, DType compute) {
        Results results = new Results(golden, b);
        try (ParameterScope scope = b.parameters();
                Workspace ws = b.workspace(WORKSPACE_BYTES)) {
            ImageBindVision vision = ImageBindVision.load(scope, golden.weights(), visionConfig(golden), compute);
            Tensor tokens = vision.tokens(b, ws, b.upload(ws, golden.input("image"), DType.F32));
            results.put("mid.tokens", tokens);
            Tensor stream = vision.preNorm(b, ws, tokens);
            results.put("mid.pre_trunk", stream);
            vision.trunk().run(b, ws, stream, results.blocks());
            results.put("mid.head_norm", vision.head().normed(b, ws, stream));
            results.put("mid.head", vision.head().classToken(b, ws, stream));
            results.put("expected.image_embedding", vision.embed(b, ws, stream));

            Tensor large = b.upload(ws, golden.input("image_large"), DType.F32);
            int side = Math.toIntExact(large.dim(2) / vision.config().vit().patchSize());
            results.put("mid.large_pos_embed", vision.positions(b, ws, side, side));
            results.put("expected.image_large_embedding", embed(vision, b, ws, large));

            Tensor video = b.upload(ws, golden.input("video"), DType.F32); // [B, S, 3, 2, H, W]
            Tensor each = embed(vision, b, ws, ImageBind.joinClips("image", video));
            results.put("expected.video_embedding", ImageBind.meanOverClips(b, ws, each, video.dim(0), video.dim(1)));
        }
        return results.tensors();
    }

    private static Tensor embed(ImageBindVision vision, Backend b, Workspace ws, Tensor image) {
        return vision.embed(b, ws, vision.encode(b, ws, image, BlockHook.NONE));
    }

    private static Map<String, HostTensor> audio(GoldenCase golden, Backend b, DType compute) {
        Results results = new Results(golden, b);
        try (ParameterScope scope = b.parameters();
                Workspace ws = b.workspace(WORKSPACE_BYTES)) {
            ImageBindAudio audio = ImageBindAudio.load(scope, golden.weights(), audioConfig(golden), compute);
            Tensor input = b.upload(ws, golden.input("audio"), DType.F32); // [B, S, 1, mel, frames]
            Tensor stream = audio.tokens(b, ws, ImageBind.joinClips("audio", input));
            results.put("mid.tokens", stream);
            results.put("mid.pre_trunk", stream);
            audio.trunk().run(b, ws, stream, results.blocks());
            results.put("mid.head_norm", audio.head().normed(b, ws, stream));
            results.put("mid.head", audio.head().classToken(b, ws, stream));
            Tensor each = audio.embed(b, ws, stream);
            results.put("mid.clip_embedding", each);
            results.put("expected.audio_embedding", ImageBind.meanOverClips(b, ws, each, input.dim(0), input.dim(1)));

            Tensor first = b.copy(ws, input.select(1, 0), DType.F32);
            results.put(
                    "expected.single_clip_embedding", audio.embed(b, ws, audio.encode(b, ws, first, BlockHook.NONE)));
        }
        return results.tensors();
    }

    /** From pixels and samples to the cosine of the two embeddings. */
    private static Map<String, HostTensor> joint(GoldenCase golden, Backend b, DType compute) {
        Results results = new Results(golden, b);
        HostTensor image = preprocessed(golden, results);
        HostTensor clips = logMel(golden, results);
        try (ImageBind model = ImageBind.load(b, golden.weights(), config(golden), compute);
                Workspace ws = b.workspace(WORKSPACE_BYTES)) {
            Tensor stream = model.vision().encode(b, ws, b.upload(ws, image, DType.F32), BlockHook.NONE);
            Tensor seen = model.vision().embed(b, ws, stream);
            Tensor heard = model.embedAudio(b, ws, b.upload(ws, clips, DType.F32));
            results.put("expected.image_embedding", seen);
            results.put("expected.audio_embedding", heard);
            results.put("expected.patch_features", model.patchFeatures(b, ws, stream));
            double dot = dot(b.download(seen), b.download(heard));
            double lengths = Math.sqrt(dot(b.download(seen), b.download(seen)))
                    * Math.sqrt(dot(b.download(heard), b.download(heard)));
            results.put("expected.dot", new float[] {(float) dot}, 1, 1);
            results.put("expected.cosine", new float[] {(float) (dot / lengths)}, 1, 1);
        }
        return results.tensors();
    }

    private static HostTensor preprocessed(GoldenCase golden, Results results) {
        HostTensor pixels = golden.input("image"); // [H, W, 3]
        ImagePreprocess preprocess = ImagePreprocess.IMAGEBIND;
        int side = golden.intOption("image_size");
        RgbImage image = new RgbImage(
                Math.toIntExact(pixels.shape().dim(1)),
                Math.toIntExact(pixels.shape().dim(0)),
                HostTensors.toBytes(pixels));
        float[] planes = preprocess.apply(image); // [3, side, side]
        int rows = Math.toIntExact(golden.tensor("mid.image_patch_row").shape().dim(1));
        float[] strip = new float[3 * rows * side];
        for (int c = 0; c < 3; c++) {
            System.arraycopy(planes, (c * side + STRIP_ROW) * side, strip, c * rows * side, rows * side);
        }
        results.put("mid.image_patch_row", strip, 3, rows, side);
        return HostTensor.of(planes, 1, 3, side, side);
    }

    private static HostTensor logMel(GoldenCase golden, Results results) {
        int mel = golden.intOption("mel");
        int frames = golden.intOption("len");
        Waveform wave = Waveform.mono(golden.input("wave").toFloats(), SAMPLE_RATE_HZ);
        float[][] clips = dev.earshot.segmentation.audio.ImageBindAudio.STANDARD.clips(wave);
        float[] joined = HostTensors.join(List.of(clips));
        results.put("mid.mel", joined, clips.length, 1, mel, frames);
        return HostTensor.of(joined, 1, clips.length, 1, mel, frames);
    }

    private static double dot(float[] a, float[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += (double) a[i] * b[i];
        }
        return sum;
    }

    private static Map<String, HostTensor> full(GoldenCase golden, Backend b, DType compute) {
        FullSize.requireOption(golden, "variant", "huge");
        Weights filler = ImageBind.filler(ImageBindConfig.HUGE);
        FullSize.requireParameters(golden, filler);
        Results results = new Results(golden, b);
        try (ImageBind model = ImageBind.load(b, filler, ImageBindConfig.HUGE, compute);
                Workspace ws = b.workspace(WORKSPACE_BYTES)) {
            Tensor image = FullSize.input(golden, "input.image", b, ws);
            Tensor stream = model.vision().encode(b, ws, image, results.blockSamples("mid.vision_block"));
            results.putSample(
                    "expected.vision_features_sample", model.vision().head().normed(b, ws, stream), 1);
            results.put("expected.image_embedding", model.vision().embed(b, ws, stream));

            Tensor clips = FullSize.input(golden, "input.audio", b, ws); // [1, 1, 1, mel, frames]
            Tensor heard = model.audio()
                    .encode(b, ws, ImageBind.joinClips("audio", clips), results.blockSamples("mid.audio_block"));
            Tensor each = model.audio().embed(b, ws, heard);
            results.put("expected.audio_embedding", ImageBind.meanOverClips(b, ws, each, clips.dim(0), clips.dim(1)));
        }
        return results.tensors();
    }
}
