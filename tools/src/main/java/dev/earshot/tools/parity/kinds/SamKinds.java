package dev.earshot.tools.parity.kinds;

import com.fasterxml.jackson.databind.JsonNode;
import dev.earshot.models.sam.SamBlock;
import dev.earshot.models.sam.SamConfig;
import dev.earshot.models.sam.SamGrid;
import dev.earshot.models.sam.SamImageEncoder;
import dev.earshot.models.sam.SamNeck;
import dev.earshot.models.sam.SamVariant;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.HostTensor;
import dev.earshot.tensor.ParameterScope;
import dev.earshot.tensor.Shape;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.Workspace;
import dev.earshot.tensor.weights.Weights;
import dev.earshot.tools.parity.GoldenCase;
import dev.earshot.tools.parity.KindRunner;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** SAM's image encoder, small and at full size. */
public final class SamKinds {
    /** Kind to runner. */
    public static final Map<String, KindRunner> RUNNERS =
            Map.of("sam.encoder", SamKinds::encoder, "full.sam_encoder", new FullSize(SamKinds::full));

    private static final long WORKSPACE_BYTES = 1 << 20;

    private SamKinds() {}

    private static SamGrid grid(GoldenCase golden) {
        return new SamGrid(golden.intOption("grid_h"), golden.intOption("grid_w"), golden.intOption("patch_size"));
    }

    private static SamConfig.Encoder config(GoldenCase golden) {
        int width = golden.intOption("embed_dim");
        int depth = golden.intOption("depth");
        int window = golden.intOption("window_size");
        List<Integer> global = integers(golden.config().path("global_attn_indexes"));
        boolean windowed = window > 0; // the reference's size of 0 stands for no windows
        return new SamConfig.Encoder(
                width,
                depth,
                golden.intOption("num_heads"),
                (int) (width * golden.numberOption("mlp_ratio")),
                windowed ? window : 1,
                windowed ? global : IntStream.range(0, depth).boxed().toList(),
                golden.intOption("out_chans"));
    }

    static List<Integer> integers(JsonNode list) {
        List<Integer> values = new ArrayList<>();
        list.forEach(value -> values.add(value.asInt()));
        return values;
    }

    private static Map<String, HostTensor> encoder(GoldenCase golden, Backend b, DType compute) {
        Results results = new Results(golden, b);
        try (ParameterScope scope = b.parameters();
                Workspace ws = b.workspace(WORKSPACE_BYTES)) {
            SamImageEncoder encoder =
                    SamImageEncoder.load(scope, golden.weights(), grid(golden), config(golden), compute);
            Tensor image = b.upload(ws, golden.input("pixel_values"), DType.F32);
            stages(golden, encoder, b, ws, image, results);
            putPlanes(results, "expected.image_embedding", encoder.embed(b, ws, image), encoder.grid());
        }
        return results.tensors();
    }

    /** The intermediates, by the same methods that a pass calls. */
    private static void stages(
            GoldenCase golden, SamImageEncoder encoder, Backend b, Workspace ws, Tensor image, Results results) {
        SamGrid grid = encoder.grid();
        putGrid(results, "mid.patch_embed", encoder.patches(b, ws, image), grid);
        Tensor stream = encoder.tokens(b, ws, image);
        for (int i = 0; i < encoder.blocks().size(); i++) {
            SamBlock block = encoder.blocks().get(i);
            String name = "mid.block" + i + ".";
            if (golden.has(name + "norm1")) {
                Tensor normed = block.normed(b, ws, stream);
                putGrid(results, name + "norm1", normed, grid);
                Tensor branch = block.attention(b, ws, normed);
                results.put(name + "attn_out", b.download(branch), dims(golden, name + "attn_out"));
            }
            if (golden.has(name + "Rh")) {
                putTable(results, name + "Rh", block.positions().rows(), b);
                putTable(results, name + "Rw", block.positions().columns(), b);
            }
            block.run(b, ws, stream);
            putGrid(results, name + "out", stream, grid);
        }
        SamNeck neck = encoder.neck();
        Tensor reduced = neck.reduce(b, ws, stream);
        Tensor normed = neck.normalize(b, ws, reduced);
        putPlanes(results, "mid.neck0", reduced, grid);
        putPlanes(results, "mid.neck1", normed, grid);
        putPlanes(results, "mid.neck2", neck.convolve(b, ws, normed), grid);
    }

    private static long[] dims(GoldenCase golden, String name) {
        return golden.tensor(name).shape().toArray();
    }

    /** Rows [B, gh * gw, C] as a grid [B, gh, gw, C]. */
    private static void putGrid(Results results, String name, Tensor rows, SamGrid grid) {
        results.put(name, rows.reshape(rows.dim(0), grid.rows(), grid.columns(), rows.dim(2)));
    }

    /** Rows [B, gh * gw, C] as planes [B, C, gh, gw]. */
    static void putPlanes(Results results, String name, Tensor rows, SamGrid grid) {
        results.put(
                name,
                rows.reshape(rows.dim(0), grid.rows(), grid.columns(), rows.dim(2))
                        .transpose(2, 3)
                        .transpose(1, 2));
    }

    /** A table [2n - 1, hd] as [query, key, hd]. */
    private static void putTable(Results results, String name, Tensor positions, Backend b) {
        float[] table = b.download(positions);
        int size = Math.toIntExact((positions.dim(0) + 1) / 2);
        int width = Math.toIntExact(positions.dim(1));
        float[] gathered = new float[size * size * width];
        for (int query = 0; query < size; query++) {
            for (int key = 0; key < size; key++) {
                int row = query - key + size - 1;
                System.arraycopy(table, row * width, gathered, (query * size + key) * width, width);
            }
        }
        results.put(name, gathered, size, size, width);
    }

    private static Map<String, HostTensor> full(GoldenCase golden, Backend b, DType compute) {
        FullSize.requireOption(golden, "weights", "filler");
        SamConfig config = variant(golden).config(false);
        boolean original = golden.config().path("key_form").asText().startsWith("original");
        Weights filler = original
                ? SamImageEncoder.filler(config.grid(), config.encoder())
                : SamImageEncoder.huggingFaceFiller(config.grid(), config.encoder());
        Results results = new Results(golden, b);
        try (ParameterScope scope = b.parameters();
                Workspace ws = b.workspace(WORKSPACE_BYTES)) {
            SamImageEncoder encoder = SamImageEncoder.load(scope, filler, config.grid(), config.encoder(), compute);
            Tensor image = FullSize.input(golden, "input.image", b, ws);
            Tensor stream = encoder.tokens(b, ws, image);
            for (int i = 0; i < encoder.blocks().size(); i++) {
                encoder.blocks().get(i).run(b, ws, stream);
                if (golden.has("mid.block" + i)) {
                    putCorner(golden, results, "mid.block" + i, stream, config.grid());
                }
            }
            Tensor embedding = encoder.neck().run(b, ws, stream);
            putLattice(golden, results, "expected.image_embedding_sample", embedding, config.grid());
        }
        return results.tensors();
    }

    private static SamVariant variant(GoldenCase golden) {
        String name = golden.config().path("variant").asText();
        return Arrays.stream(SamVariant.values())
                .filter(known -> known.toString().equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException(golden.name() + ": unknown variant " + name));
    }

    /** The part that the case holds of the stream: first rows, columns and channels. */
    private static void putCorner(GoldenCase golden, Results results, String name, Tensor stream, SamGrid grid) {
        Shape sample = golden.tensor(name).shape();
        Tensor whole = stream.reshape(stream.dim(0), grid.rows(), grid.columns(), stream.dim(2));
        results.put(
                name,
                whole.slice(1, 0, sample.dim(1)).slice(2, 0, sample.dim(2)).slice(3, 0, sample.dim(3)));
    }

    /** The part that the case holds of the embedding: every so many rows and columns, as many as its sizes say. */
    private static void putLattice(GoldenCase golden, Results results, String name, Tensor rows, SamGrid grid) {
        Shape sample = golden.tensor(name).shape(); // [B, E, h, w]
        int stepY = Math.toIntExact(grid.rows() / sample.dim(2));
        int stepX = Math.toIntExact(grid.columns() / sample.dim(3));
        Tensor cells = rows.reshape(
                rows.dim(0), sample.dim(2), stepY, sample.dim(3), stepX, rows.dim(2)); // every row and column apart
        Tensor chosen = cells.select(4, 0).select(2, 0); // [B, h, w, E]
        results.put(name, chosen.transpose(2, 3).transpose(1, 2));
    }
}
