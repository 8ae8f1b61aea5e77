package dev.earshot.tools.parity.kinds;

import dev.earshot.segmentation.training.TripletLoss;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.HostTensor;
import dev.earshot.tensor.PixelMatching;
import dev.earshot.tensor.PixelMatching.Mode;
import dev.earshot.tensor.PixelMatching.Norm;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.Workspace;
import dev.earshot.tensor.autograd.Tape;
import dev.earshot.tools.parity.GoldenCase;
import dev.earshot.tools.parity.KindRunner;
import java.util.Locale;
import java.util.Map;

/** Pixel matching with its gradients, and the triplet loss on it. Always in fp32. */
public final class PixelMatchingKinds {
    /** Kind to runner. */
    public static final Map<String, KindRunner> RUNNERS = Map.of(
            "pma.literal", PixelMatchingKinds::literal,
            "pma.search", PixelMatchingKinds::search,
            "moca.triplet", PixelMatchingKinds::triplet);

    private static final long WORKSPACE_BYTES = 1 << 20;

    private PixelMatchingKinds() {}

    private static Map<String, HostTensor> literal(GoldenCase golden, Backend b, DType compute) {
        Results results = new Results(golden, b);
        float ssd = (float) golden.numberOption("lambda_ssd");
        float ncc = (float) golden.numberOption("lambda_ncc");
        try (Workspace ws = b.workspace(WORKSPACE_BYTES)) {
            match(golden, b, ws, literal(Mode.LITERAL_PRINTED, ssd, ncc)).put(results, "expected.printed.");
            match(golden, b, ws, literal(Mode.LITERAL_ONE_MINUS, ssd, ncc)).put(results, "expected.one_minus.");
            results.put(
                    "mid.ssd",
                    match(golden, b, ws, literal(Mode.LITERAL_PRINTED, 1, 0)).cost());
            results.put(
                    "mid.ncc",
                    match(golden, b, ws, literal(Mode.LITERAL_PRINTED, 0, 1)).cost());
        }
        return results.tensors();
    }

    private static PixelMatching literal(Mode mode, float ssd, float ncc) {
        return new PixelMatching(mode, 0, PixelMatching.WHOLE_ROW, 1, Norm.NONE, ssd, ncc);
    }

    private static Map<String, HostTensor> search(GoldenCase golden, Backend b, DType compute) {
        Results results = new Results(golden, b);
        try (Workspace ws = b.workspace(WORKSPACE_BYTES)) {
            Matched matched = match(golden, b, ws, settings(golden, golden.intOption("Dy")));
            matched.put(results, "expected.");
            results.tensors().put("expected.argmin", integers(b, matched.winners()));
        }
        return results.tensors();
    }

    private static PixelMatching settings(GoldenCase golden, int rangeY) {
        return new PixelMatching(
                golden.config().path("mode").asText().equals("search2d") ? Mode.SEARCH_2D : Mode.SCANLINE,
                rangeY,
                golden.intOption("Dx"),
                golden.intOption("window"),
                Norm.valueOf(golden.config().path("norm").asText().toUpperCase(Locale.ROOT)),
                (float) golden.numberOption("lambda_ssd"),
                (float) golden.numberOption("lambda_ncc"));
    }

    private static HostTensor integers(Backend b, Tensor x) {
        int[] values = java.util.Arrays.stream(b.downloadIntegers(x))
                .mapToInt(Math::toIntExact)
                .toArray();
        return HostTensors.of(values, x.shape().toArray());
    }

    /** Results of one matching and of its backward op. */
    private record Matched(Tensor cost, Tensor winners, Tensor gradF, Tensor gradG) {
        void put(Results results, String prefix) {
            results.put(prefix + "cost", cost);
            results.put(prefix + "grad_f", gradF);
            results.put(prefix + "grad_g", gradG);
        }
    }

    private static Matched match(GoldenCase golden, Backend b, Workspace ws, PixelMatching settings) {
        Tensor f = b.upload(ws, golden.input("f"), DType.F32);
        Tensor g = b.upload(ws, golden.input("g"), DType.F32);
        Tensor upstream = b.upload(ws, golden.input("upstream"), DType.F32);
        Tensor cost = ws.allocate(DType.F32, f.dim(0));
        Tensor winners = ws.allocate(DType.I32, f.dim(0), f.dim(1), f.dim(2));
        Tensor saved = ws.allocate(DType.F32, f.dim(0), settings.savedWidth(f.dim(1), f.dim(2)));
        Tensor gradF = ws.allocate(DType.F32, f.shape());
        Tensor gradG = ws.allocate(DType.F32, g.shape());
        b.training().fill(gradF, 0);
        b.training().fill(gradG, 0);
        b.pixelMatching(f, g, settings, cost, winners, saved);
        b.training().pixelMatchingBackward(f, g, settings, winners, saved, upstream, gradF, gradG);
        return new Matched(cost, winners, gradF, gradG);
    }

    private static Map<String, HostTensor> triplet(GoldenCase golden, Backend backend, DType compute) {
        Results results = new Results(golden, backend);
        String[] parts = {"anchor", "positive", "negative"};
        long[] sizes = golden.input("anchor").shape().toArray();
        long batch = sizes[0];
        sizes[0] = parts.length * batch;
        try (Workspace ws = backend.workspace(WORKSPACE_BYTES);
                Tape tape = new Tape(backend)) {
            Tensor grids = ws.allocate(DType.F32, sizes);
            Tensor gradient = ws.allocate(DType.F32, sizes);
            for (int i = 0; i < parts.length; i++) {
                backend.upload(golden.input(parts[i]), grids.slice(0, i * batch, (i + 1) * batch));
            }
            tape.watch(grids, gradient);
            tape.zeroGradients();
            TripletLoss.Result loss =
                    new TripletLoss(settings(golden, 0), golden.numberOption("alpha")).of(tape, ws, grids);
            tape.backward(loss.mean());
            results.put("expected.loss", backend.download(loss.mean()), 1);
            for (int i = 0; i < parts.length; i++) {
                results.put("expected.grad_" + parts[i], gradient.slice(0, i * batch, (i + 1) * batch));
            }
            results.put("mid.hinge", loss.hinges());
            results.put("mid.cost_pos", loss.costs().slice(0, 0, batch));
            results.put("mid.cost_neg", loss.costs().slice(0, batch, 2 * batch));
            results.put("mid.argmin_pos", loss.winners().slice(0, 0, batch));
            results.put("mid.argmin_neg", loss.winners().slice(0, batch, 2 * batch));
        }
        return results.tensors();
    }
}
