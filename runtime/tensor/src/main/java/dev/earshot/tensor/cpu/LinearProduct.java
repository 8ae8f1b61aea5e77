package dev.earshot.tensor.cpu;

import dev.earshot.bindings.onednn.dnnl;
import dev.earshot.tensor.Activation;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.internal.NativeMemory;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The product of a linear layer cut into tiles of rows and columns, and who computes them. A tile has the same shape and so
 * the same bits whoever computes it.
 *
 * @param space the rows of {@code rows}: one element per row of source, target and, if there is one, addend
 */
record LinearProduct(
        PackedLinear layer,
        Activation activation,
        View source,
        View target,
        Optional<View> addend,
        LoopSpace space,
        View[] rows) {
    /** Operations of a tile that several workers take in turns, about 1.5 ms on a core: half the time slice of a kernel. */
    private static final long TILE_FLOPS = 130_000_000;

    /** Tiles of fewer columns than this lose more than 1 % each. */
    private static final long NARROWEST_TILE = 128;

    private static final long COLUMN_UNIT = 64;

    /** A block of rows and some columns of one slice; {@code starts} are the addresses of its first rows. */
    record Tile(PackedLinear.Slice slice, long from, long width, long rows, long[] starts) {}

    /** The tiles for so many workers, in the order in which they are to be taken: neighbours belong to different slices. */
    List<Tile> tiles(int workers) {
        int slices = layer.slices().size();
        int groups = workers == 1 ? 1 : Math.clamp(space.rowLength() / 16, 1, workers / slices);
        List<Tile> tiles = new ArrayList<>();
        for (long block = 0; block < space.rows(); block++) {
            int most = workers == 1 ? 1 : mostPieces(groups);
            for (int piece = 0; piece < most; piece++) {
                for (PackedLinear.Slice slice : layer.slices()) {
                    for (int g = 0; g < groups; g++) {
                        tiles.add(tile(block, slice, piece, most, g, groups));
                    }
                }
            }
        }
        return tiles;
    }

    /** How many ranges of columns a slice is cut into. */
    private int mostPieces(int groups) {
        if (!PackedLinear.narrowBlocks(layer.packedType())) {
            return 1;
        }
        long width = layer.outputWidth() / layer.slices().size();
        long flops = 2 * space.rowLength() / groups * layer.inputWidth() * width;
        return (int) Math.clamp(flops / TILE_FLOPS, 1, Math.max(1, width / NARROWEST_TILE));
    }

    private Tile tile(long block, PackedLinear.Slice slice, int piece, int pieces, int group, int groups) {
        long from = Binder.split(slice.width(), piece, pieces, COLUMN_UNIT);
        long width = Binder.split(slice.width(), piece + 1, pieces, COLUMN_UNIT) - from;
        long first = Binder.split(space.rowLength(), group, groups, 8);
        long count = Binder.split(space.rowLength(), group + 1, groups, 8) - first;
        long[] starts = new long[rows.length];
        for (int v = 0; v < rows.length; v++) {
            starts[v] = rows[v].at(space.rowOffset(v, block) + first * space.rowStride(v));
        }
        return new Tile(slice, slice.from() + from, width, count, starts);
    }

    /** Shares that do not change: tile i is worker i's, modulo their number. */
    Task[] fixed(Binder binder, int workers, List<Tile> tiles) {
        List<List<Task>> shares = new ArrayList<>();
        for (int i = 0; i < workers; i++) {
            shares.add(new ArrayList<>());
        }
        for (int i = 0; i < tiles.size(); i++) {
            int worker = i % workers;
            shares.get(worker).add(call(binder, binder.worker(worker), tiles.get(i)));
        }
        return shares.stream()
                .map(list -> list.isEmpty() ? Task.IDLE : Task.sequence(list.toArray(Task[]::new)))
                .toArray(Task[]::new);
    }

    /** Shares that take the next tile when they are done with one. */
    Task[] inTurns(Binder binder, List<Tile> tiles) {
        PieceQueue queue = new PieceQueue(tiles.size());
        MemorySegment[][] addresses = tiles.stream().map(this::addresses).toArray(MemorySegment[][]::new);
        Task[] shares = new Task[binder.workers()];
        for (int i = 0; i < shares.length; i++) {
            Worker worker = binder.worker(i);
            Map<Key, Call> calls = new HashMap<>();
            Call[] byTile = tiles.stream()
                    .map(tile -> calls.computeIfAbsent(key(tile), key -> call(binder, worker, tile)))
                    .toArray(Call[]::new);
            shares[i] = new Share(queue, byTile, addresses, calls.values().toArray(Call[]::new));
        }
        return shares;
    }

    /** One worker's calls, one for each shape of tile, pointed at the tile that it takes. */
    private record Share(PieceQueue queue, Call[] byTile, MemorySegment[][] addresses, Call[] owned)
            implements PieceTask {
        @Override
        public void piece(int index, int turn) {
            MemorySegment[] places = addresses[index];
            for (int position = 0; position < places.length; position++) {
                byTile[index].point(position, places[position]);
            }
            byTile[index].run();
        }

        @Override
        public void close() {
            for (Call call : owned) {
                call.close();
            }
        }
    }

    private record Key(
            long rows,
            long in,
            long width,
            long sourceStride,
            long targetStride,
            DType packed,
            DType out,
            boolean bias,
            boolean wholeSlice,
            Epilogue epilogue) {}

    private Key key(Tile tile) {
        return new Key(
                tile.rows(),
                layer.inputWidth(),
                tile.width(),
                Math.max(space.rowStride(0), source.dim(-1)), // a legal value where there is a single row
                Math.max(space.rowStride(1), target.dim(-1)),
                layer.packedType(),
                target.dtype(),
                layer.bias() != 0,
                tile.width() == tile.slice().width(),
                epilogue());
    }

    private Epilogue epilogue() {
        boolean inPlace = addend.isPresent() && addend.get().equals(target);
        Epilogue.Addition addition = addend.isEmpty()
                ? Epilogue.Addition.NONE
                : inPlace ? Epilogue.Addition.DESTINATION : Epilogue.Addition.OPERAND;
        return new Epilogue(1, activation, addition);
    }

    /** Where a tile has the arguments of its call, in the order of {@link #arguments}. */
    private MemorySegment[] addresses(Tile tile) {
        long inSlice = tile.from() - tile.slice().from();
        long weights = tile.slice().weights()
                + (inSlice == 0 ? 0 : inSlice * tile.slice().columnBytes());
        List<MemorySegment> places = new ArrayList<>(List.of(
                NativeMemory.pointer(tile.starts()[0]),
                NativeMemory.pointer(weights),
                NativeMemory.pointer(
                        tile.starts()[1] + tile.from() * target.dtype().bytes())));
        if (layer.bias() != 0) {
            places.add(NativeMemory.pointer(layer.bias() + 4 * tile.from()));
        }
        if (epilogue().addition() == Epilogue.Addition.OPERAND) {
            places.add(NativeMemory.pointer(tile.starts()[2] + 4 * tile.from()));
        }
        return places.toArray(MemorySegment[]::new);
    }

    private List<Integer> arguments() {
        List<Integer> ids = new ArrayList<>(List.of(dnnl.DNNL_ARG_SRC(), dnnl.DNNL_ARG_WEIGHTS(), dnnl.DNNL_ARG_DST()));
        if (layer.bias() != 0) {
            ids.add(dnnl.DNNL_ARG_BIAS());
        }
        Epilogue epilogue = epilogue();
        if (epilogue.addition() == Epilogue.Addition.OPERAND) {
            ids.add(Call.postOperand(epilogue.additionIndex()));
        }
        return ids;
    }

    private Call call(Binder binder, Worker worker, Tile tile) {
        Key key = key(tile);
        Primitive primitive = binder.primitive(key, () -> create(binder.onednn(), key, tile));
        Call.Builder call = Call.of(worker, primitive);
        MemorySegment[] places = addresses(tile);
        List<Integer> ids = arguments();
        for (int i = 0; i < places.length; i++) {
            call.with(ids.get(i), places[i].address());
        }
        return call.bind();
    }

    private static Primitive create(OneDnn onednn, Key key, Tile tile) {
        if (key.wholeSlice()) {
            return create(onednn, key, tile.slice().layout());
        }
        try (MemoryDesc weights = PackedLinear.narrowLayout(key.packed(), key.in(), key.width())) {
            return create(onednn, key, weights);
        }
    }

    private static Primitive create(OneDnn onednn, Key key, MemoryDesc weights) {
        try (MemoryDesc src = rows(key.packed(), key.rows(), key.in(), key.sourceStride());
                MemoryDesc bias = key.bias() ? MemoryDesc.dense(DType.F32, 1, key.width()) : MemoryDesc.NONE;
                MemoryDesc dst = rows(key.out(), key.rows(), key.width(), key.targetStride());
                MemoryDesc operand = rows(DType.F32, key.rows(), key.width(), key.targetStride())) {
            return onednn.matmul(src, weights, bias, dst, key.epilogue(), operand);
        }
    }

    private static MemoryDesc rows(DType dtype, long rows, long width, long stride) {
        return MemoryDesc.strided(dtype, new long[] {rows, width}, new long[] {stride, 1});
    }
}
