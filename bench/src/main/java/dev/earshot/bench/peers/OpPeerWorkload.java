package dev.earshot.bench.peers;

import dev.earshot.bench.work.Work;
import dev.earshot.bench.work.WorkCounter;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.Backends;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.ParameterScope;
import dev.earshot.tensor.Program;
import dev.earshot.tensor.Workspace;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * One op of {@link OpRows}. On a card it takes microseconds, so a run is a captured program of many calls; they rotate over sets of
 * operands, weights and results that are together larger than the card's last-level cache, as layers of a model find theirs in
 * memory. Facts and work are those of one call, and so are the times of bench/side-by-side, which divides by {@code calls}.
 */
final class OpPeerWorkload implements Workload {
    /** Of all sets; twice the cache of an H200 and more. */
    private static final double ROTATING_BYTES = 256e6;

    private static final double RUN_SECONDS = 2e-3;
    private static final int LEAST_CALLS = 4;
    private static final int MOST_CALLS = 200;
    /** About what a card of today does; only the number of calls follows from it. */
    private static final double USUAL_BYTES_PER_SECOND = 4.3e12;

    private static final double USUAL_BF16 = 790e12;
    private static final double USUAL_FP32 = 60e12;
    /** A larger result is compared in so many places. */
    private static final int COMPARED = 1_000_000;

    private final Backend backend;
    private final boolean owned;
    private final ParameterScope parameters;
    private final Workspace workspace;
    private final List<OpRows.Call> sets = new ArrayList<>();
    private final Work work;
    private final int calls;
    private final Program program;

    /** On a backend of its own. */
    static Workload open(String backend, String model, int batch, boolean small, DType compute) {
        Backend opened = Backends.open(backend);
        try {
            return new OpPeerWorkload(opened, true, model, batch, small, compute);
        } catch (RuntimeException | Error e) {
            opened.close();
            throw e;
        }
    }

    /**
     * Makes operands and program.
     *
     * @param owned whether the backend is closed with this
     * @param small small sizes and few calls, for a slow device
     */
    OpPeerWorkload(Backend backend, boolean owned, String model, int batch, boolean small, DType compute) {
        OpRows.Body row = OpRows.of(model);
        this.backend = backend;
        this.owned = owned;
        this.parameters = backend.parameters();
        this.workspace = backend.workspace(0);
        try {
            OpOperands operands = new OpOperands(backend, parameters, workspace, compute, batch, small);
            sets.add(row.prepare(operands));
            WorkCounter counter = new WorkCounter();
            sets.getFirst().op().accept(counter.over(backend));
            this.work = counter.total();
            this.calls = small ? 3 : calls(model, compute);
            int wanted = small ? 2 : (int) Math.clamp(Math.ceil(ROTATING_BYTES / work.bytes()), 1, calls);
            while (sets.size() < wanted) {
                sets.add(row.prepare(operands));
            }
            this.program = backend.capture(b -> {
                for (int i = 0; i < calls; i++) {
                    sets.get(i % sets.size()).op().accept(b);
                }
            });
        } catch (RuntimeException | Error e) {
            workspace.close();
            parameters.close();
            throw e;
        }
    }

    /** About two milliseconds of them; clustering takes many launches, and on a processor an op takes long enough by itself. */
    private int calls(String model, DType compute) {
        if (!backend.info().name().contains("cuda")) {
            return 1;
        }
        double product = compute == DType.BF16 ? USUAL_BF16 : USUAL_FP32;
        double floor = Math.max(work.bytes() / USUAL_BYTES_PER_SECOND, work.flops() / product);
        return model.contains("kmeans") ? LEAST_CALLS : (int) Math.clamp(RUN_SECONDS / floor, LEAST_CALLS, MOST_CALLS);
    }

    @Override
    public void run() {
        program.run();
        backend.synchronize();
    }

    /** At most a million elements of the first set's result; every set's is the same, and written to the last element. */
    @Override
    public float[] output() {
        float[] all = backend.download(sets.getFirst().result());
        for (int i = 0; i < all.length; i++) {
            if (Float.isNaN(all[i])) {
                throw new IllegalStateException("result: expected numbers, got NaN as element " + i);
            }
        }
        int step = all.length <= COMPARED ? 1 : all.length / COMPARED + 1 | 1;
        float[] some = new float[(all.length + step - 1) / step];
        for (int i = 0; i < some.length; i++) {
            some[i] = all[i * step];
        }
        int hash = Arrays.hashCode(all);
        backend.download(sets.getLast().result(), all); // hundreds of megabytes, not twice
        if (Arrays.hashCode(all) != hash) {
            throw new IllegalStateException("result: expected the same bits from equal operands, got others");
        }
        return some;
    }

    @Override
    public Map<String, Object> facts() {
        Map<String, Object> facts = Workload.settings(backend);
        facts.put("calls", calls);
        facts.put("sets", sets.size());
        work.addTo(facts);
        return facts;
    }

    @Override
    public void close() {
        program.close();
        workspace.close();
        parameters.close();
        if (owned) {
            backend.close();
        }
    }
}
