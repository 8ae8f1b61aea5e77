package dev.earshot.models.adaav;

import dev.earshot.tensor.Backend;
import dev.earshot.tensor.BinaryOp;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.ParameterScope;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.UnaryOp;
import dev.earshot.tensor.Workspace;
import dev.earshot.tensor.weights.Weight;
import dev.earshot.tensor.weights.WeightLoader;
import dev.earshot.tensor.weights.Weights;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * One audio-visual adapter module of MoCA (arXiv 2403.14203): m latents gather the audio tokens, every image token reads
 * the latents in a bottleneck of width r, and the result goes back to the image width. Where the paper is silent this
 * follows LAVISH (GenjiB/LAVISH, AVE/nets/net_trans.py) with these differences: the fusing attention works in the
 * bottleneck, where the two widths meet; norms without parameters and scaled logits, because residual streams of deep
 * trunks are large; no batch norm, so that a sample does not depend on its batch; no groups.
 *
 * <pre>
 * na = norm(Xa), nv = norm(Xv)
 * L  = La + softmax(La na^T / sqrt(d_a)) na     [B, m, d_a]
 * u  = nv Wv^T, t = L Wa^T                      [B, n, r], [B, m, r]
 * z  = u + gv * softmax(u t^T / sqrt(r)) t      [B, n, r]
 * out = g * relu(z) Wu^T                        [B, n, d_v]
 * </pre>
 *
 * All in F32. The parameters belong to the scope they were loaded into.
 */
public final class AdaAv {
    private static final float NORM_EPS = 1e-6f;

    private final Tensor latents; // La [1, m, d_a]
    private final Tensor downV; // Wv [1, r, d_v]
    private final Tensor downA; // Wa [1, r, d_a]
    private final Tensor up; // Wu [1, d_v, r]
    private final Tensor gate; // g [1]
    private final Tensor gateAv; // gv [1]

    private AdaAv(Tensor latents, Tensor downV, Tensor downA, Tensor up, Tensor gate, Tensor gateAv) {
        this.latents = latents;
        this.downV = downV;
        this.downA = downA;
        this.up = up;
        this.gate = gate;
        this.gateAv = gateAv;
    }

    /** Loads a single module whose keys have no prefix ({@code latents}, {@code down_v}, …). */
    public static AdaAv load(ParameterScope scope, Weights weights) {
        WeightLoader loader = AdaAvKeys.loader(weights);
        long m = weights.shape(AdaAvKeys.LATENTS).dim(0);
        long r = weights.shape(AdaAvKeys.DOWN_V).dim(0);
        AdaAvConfig config = new AdaAvConfig(List.of(new BlockPair(0, 0)), Math.toIntExact(r), Math.toIntExact(m));
        int imageWidth = Math.toIntExact(weights.shape(AdaAvKeys.DOWN_V).dim(1));
        int audioWidth = Math.toIntExact(weights.shape(AdaAvKeys.DOWN_A).dim(1));
        AdaAvKeys.Module declared = AdaAvKeys.Module.declare(loader, config, imageWidth, audioWidth);
        loader.finish();
        return prepare(scope, declared);
    }

    static AdaAv prepare(ParameterScope scope, AdaAvKeys.Module module) {
        return new AdaAv(
                batched(scope, module.latents()),
                batched(scope, module.downV()),
                batched(scope, module.downA()),
                batched(scope, module.up()),
                scope.tensor(module.gate().read(), DType.F32),
                scope.tensor(module.gateAv().read(), DType.F32));
    }

    private static Tensor batched(ParameterScope scope, Weight weight) {
        Tensor matrix = scope.tensor(weight.read(), DType.F32);
        return matrix.reshape(1, matrix.dim(0), matrix.dim(1));
    }

    /** The parameters under their names in adapter files. */
    public Map<String, Tensor> parameters() {
        Map<String, Tensor> named = new LinkedHashMap<>();
        named.put(AdaAvKeys.LATENTS, matrix(latents));
        named.put(AdaAvKeys.DOWN_V, matrix(downV));
        named.put(AdaAvKeys.DOWN_A, matrix(downA));
        named.put(AdaAvKeys.UP, matrix(up));
        named.put(AdaAvKeys.GATE, gate);
        named.put(AdaAvKeys.GATE_AV, gateAv);
        return named;
    }

    private static Tensor matrix(Tensor batched) {
        return batched.reshape(batched.dim(1), batched.dim(2));
    }

    /**
     * The module's contribution to the image stream.
     *
     * @param audio Xa, F32 [B, k, d_a], class token included
     * @param image Xv, F32 [g B, n, d_v], class token included; image i hears sound i modulo B
     * @param out F32 [g B, n, d_v]
     */
    public void forward(Backend b, Workspace ws, Tensor audio, Tensor image, Tensor out) {
        try (Workspace.Frame _ = ws.frame()) {
            Tensor t = forImages(b, ws, project(b, ws, compress(b, ws, audio)), image.dim(0));
            Tensor u = down(b, ws, image);
            up(b, ws, fuse(b, ws, u, t), out);
        }
    }

    /** Adds {@link #forward} to {@code stream} [B, n, d_v]. */
    public void addTo(Backend b, Workspace ws, Tensor audio, Tensor image, Tensor stream) {
        try (Workspace.Frame _ = ws.frame()) {
            Tensor out = ws.allocate(DType.F32, stream.shape());
            forward(b, ws, audio, image, out);
            b.binary(BinaryOp.ADD, stream, out, stream);
        }
    }

    /** L [B, m, d_a]: the latents after they have gathered the audio tokens Xa [B, k, d_a]. */
    public Tensor compress(Backend b, Workspace ws, Tensor audio) {
        Tensor gathered = ws.allocate(DType.F32, audio.dim(0), latents.dim(1), latents.dim(2));
        try (Workspace.Frame _ = ws.frame()) {
            Tensor na = norm(b, ws, audio);
            b.attention(queries(b, ws, audio.dim(0)), na, na, 1, compressScale(), gathered);
        }
        b.binary(BinaryOp.ADD, latents, gathered, gathered);
        return gathered;
    }

    /** A [B, m, k]: how much of each audio token every latent takes. */
    public Tensor compressWeights(Backend b, Workspace ws, Tensor audio) {
        long batch = audio.dim(0);
        Tensor weights = ws.allocate(DType.F32, batch, 1, latents.dim(1), audio.dim(1));
        try (Workspace.Frame _ = ws.frame()) {
            b.attentionWeights(queries(b, ws, batch), norm(b, ws, audio), 1, compressScale(), weights);
        }
        return weights.reshape(batch, latents.dim(1), audio.dim(1));
    }

    /** t [B, m, r]: compressed latents L [B, m, d_a] in the bottleneck. */
    public Tensor project(Backend b, Workspace ws, Tensor compressed) {
        Tensor t = ws.allocate(DType.F32, compressed.dim(0), compressed.dim(1), downA.dim(1));
        b.matmul(compressed, downA.transpose(1, 2), 1, t);
        return t;
    }

    /** u [B, n, r]: image tokens Xv [B, n, d_v] in the bottleneck. */
    public Tensor down(Backend b, Workspace ws, Tensor image) {
        Tensor u = ws.allocate(DType.F32, image.dim(0), image.dim(1), downV.dim(1));
        try (Workspace.Frame _ = ws.frame()) {
            b.matmul(norm(b, ws, image), downV.transpose(1, 2), 1, u);
        }
        return u;
    }

    /** z [B, n, r]: image tokens u [B, n, r] with what they read from the latents t [B, m, r]. */
    public Tensor fuse(Backend b, Workspace ws, Tensor u, Tensor t) {
        Tensor z = ws.allocate(DType.F32, u.shape());
        b.crossModalAttention(u, t, gateAv, fuseScale(), z);
        return z;
    }

    /** P [B, n, m]: how much of each latent every image token reads. */
    public Tensor fuseWeights(Backend b, Workspace ws, Tensor u, Tensor t) {
        Tensor weights = ws.allocate(DType.F32, u.dim(0), 1, u.dim(1), t.dim(1));
        b.attentionWeights(u, t, 1, fuseScale(), weights);
        return weights.reshape(u.dim(0), u.dim(1), t.dim(1));
    }

    /** out [B, n, d_v] = g * relu(z) Wu^T. */
    public void up(Backend b, Workspace ws, Tensor z, Tensor out) {
        try (Workspace.Frame _ = ws.frame()) {
            Tensor active = ws.allocate(DType.F32, z.shape());
            b.unary(UnaryOp.RELU, z, active);
            b.binary(BinaryOp.MULTIPLY, active, gate, active); // on the narrow side: the tape keeps r numbers, not d_v
            b.matmul(active, up.transpose(1, 2), 1, out);
        }
    }

    /** Repeats t [B, m, r] for each group of B images: small, unlike the sound it comes from. */
    private static Tensor forImages(Backend b, Workspace ws, Tensor t, long images) {
        long sounds = t.dim(0);
        if (images == sounds) {
            return t;
        }
        Tensor repeated = ws.allocate(DType.F32, images, t.dim(1), t.dim(2));
        b.copy(t.reshape(1, sounds, t.dim(1), t.dim(2)), repeated.reshape(images / sounds, sounds, t.dim(1), t.dim(2)));
        return repeated;
    }

    private float compressScale() {
        return (float) (1 / Math.sqrt(latents.dim(2)));
    }

    private float fuseScale() {
        return (float) (1 / Math.sqrt(downV.dim(1)));
    }

    private Tensor queries(Backend b, Workspace ws, long batch) {
        Tensor queries = ws.allocate(DType.F32, batch, latents.dim(1), latents.dim(2));
        b.copy(latents, queries);
        return queries;
    }

    private static Tensor norm(Backend b, Workspace ws, Tensor x) {
        Tensor out = ws.allocate(DType.F32, x.shape());
        b.layerNorm(x, NORM_EPS, out);
        return out;
    }
}
