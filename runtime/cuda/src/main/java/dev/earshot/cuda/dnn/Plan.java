package dev.earshot.cuda.dnn;

import dev.earshot.bindings.cudnn.cudnn;
import dev.earshot.cuda.device.LibraryPlan;
import dev.earshot.cuda.device.Queue;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * An execution plan: one operation with the engine that cuDNN's heuristics put first among those that we accept. Engines
 * are refused that give other bits from run to run, that need more workspace than we grant or, for strict fp32, that round
 * operands or transform them (tf32 on the matrix units, Winograd, FFT).
 */
final class Plan extends LibraryPlan {
    /** Most workspace of one op. */
    private static final long MOST_WORKSPACE = 256L << 20;

    /** Plans of one kind of op that are kept: more than any of our models has, and one may be megabytes of compiled kernels. */
    static final int MOST_KEPT = 128;

    private static final int MOST_ENGINES = 32;
    private static final int MOST_NOTES = 32;
    private static final System.Logger LOG = System.getLogger(Plan.class.getName());

    private final Cudnn library;
    private final Descriptor plan;
    private final long workspaceBytes;
    private final String what;
    private final List<Descriptor> origins;
    private final Arena arena = Arena.ofShared();
    private MemorySegment factor = MemorySegment.NULL;

    private Plan(Cudnn library, Descriptor plan, List<Descriptor> origins, String what) {
        this.library = library;
        this.plan = plan;
        this.origins = origins;
        this.what = what;
        this.workspaceBytes = plan.getLong(cudnn.CUDNN_ATTR_EXECUTION_PLAN_WORKSPACE_SIZE());
    }

    /** How exact the results must be. */
    enum Exactness {
        /** Products of fp32 numbers as they are. */
        STRICT,
        /** Whatever the operands' type allows: bf16 operands, or tf32 by the user's wish. */
        FAST;

        private Set<Integer> refusedNotes() {
            return this == FAST
                    ? Set.of(cudnn.CUDNN_NUMERICAL_NOTE_NONDETERMINISTIC())
                    : Set.of(
                            cudnn.CUDNN_NUMERICAL_NOTE_NONDETERMINISTIC(),
                            cudnn.CUDNN_NUMERICAL_NOTE_TENSOR_CORE(),
                            cudnn.CUDNN_NUMERICAL_NOTE_DOWN_CONVERT_INPUTS(),
                            cudnn.CUDNN_NUMERICAL_NOTE_REDUCED_PRECISION_REDUCTION(),
                            cudnn.CUDNN_NUMERICAL_NOTE_FFT(),
                            cudnn.CUDNN_NUMERICAL_NOTE_WINOGRAD());
        }
    }

    /**
     * A plan for one finalised operation, which is taken over.
     *
     * @param what the operation with its shapes, for errors and the log
     * @return nothing if cuDNN has no engine for it that we accept
     */
    static Optional<Plan> of(Cudnn library, Descriptor operation, Exactness exactness, String what) {
        Descriptor graph = new Descriptor(cudnn.CUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR(), what)
                .pointers(cudnn.CUDNN_ATTR_OPERATIONGRAPH_HANDLE(), cudnn.CUDNN_TYPE_HANDLE(), library.handle())
                .parts(cudnn.CUDNN_ATTR_OPERATIONGRAPH_OPS(), operation);
        if (graph.tryComplete() != cudnn.CUDNN_STATUS_SUCCESS()) {
            graph.close();
            return Optional.empty();
        }
        Descriptor heuristic = new Descriptor(cudnn.CUDNN_BACKEND_ENGINEHEUR_DESCRIPTOR(), what)
                .parts(cudnn.CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH(), graph)
                .choice(cudnn.CUDNN_ATTR_ENGINEHEUR_MODE(), cudnn.CUDNN_TYPE_HEUR_MODE(), cudnn.CUDNN_HEUR_MODE_A());
        Optional<Plan> plan = heuristic.tryComplete() == cudnn.CUDNN_STATUS_SUCCESS()
                ? first(library, heuristic, exactness, what)
                : Optional.empty();
        if (plan.isEmpty()) {
            heuristic.close();
        }
        return plan;
    }

    private static Optional<Plan> first(Cudnn library, Descriptor heuristic, Exactness exactness, String what) {
        List<Descriptor> configurations = new ArrayList<>();
        for (int i = 0; i < MOST_ENGINES; i++) {
            configurations.add(new Descriptor(cudnn.CUDNN_BACKEND_ENGINECFG_DESCRIPTOR(), what));
        }
        try {
            int found = heuristic.getParts(cudnn.CUDNN_ATTR_ENGINEHEUR_RESULTS(), configurations);
            for (Descriptor configuration : List.copyOf(configurations.subList(0, found))) {
                Optional<Descriptor> plan = accept(library, configuration, exactness, what);
                if (plan.isPresent()) {
                    configurations.remove(configuration);
                    return Optional.of(new Plan(library, plan.get(), List.of(configuration, heuristic), what));
                }
            }
            LOG.log(System.Logger.Level.DEBUG, "cuDNN has no engine for {0} among {1}", what, found);
            return Optional.empty();
        } finally {
            configurations.forEach(Descriptor::close);
        }
    }

    private static Optional<Descriptor> accept(
            Cudnn library, Descriptor configuration, Exactness exactness, String what) {
        Set<Integer> refused = exactness.refusedNotes();
        if (notes(configuration, what).stream().anyMatch(refused::contains)) {
            return Optional.empty();
        }
        Descriptor candidate = new Descriptor(cudnn.CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR(), what)
                .pointers(cudnn.CUDNN_ATTR_EXECUTION_PLAN_HANDLE(), cudnn.CUDNN_TYPE_HANDLE(), library.handle())
                .pointers(
                        cudnn.CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG(),
                        cudnn.CUDNN_TYPE_BACKEND_DESCRIPTOR(),
                        configuration.handle());
        if (candidate.tryComplete() == cudnn.CUDNN_STATUS_SUCCESS()
                && candidate.getLong(cudnn.CUDNN_ATTR_EXECUTION_PLAN_WORKSPACE_SIZE()) <= MOST_WORKSPACE) {
            return Optional.of(candidate);
        }
        candidate.close();
        return Optional.empty();
    }

    /** The numerical notes of a configuration's engine. */
    private static Set<Integer> notes(Descriptor configuration, String what) {
        try (Descriptor engine = new Descriptor(cudnn.CUDNN_BACKEND_ENGINE_DESCRIPTOR(), what)) {
            configuration.getParts(cudnn.CUDNN_ATTR_ENGINECFG_ENGINE(), List.of(engine));
            int[] notes = engine.getChoices(
                    cudnn.CUDNN_ATTR_ENGINE_NUMERICAL_NOTE(), cudnn.CUDNN_TYPE_NUMERICAL_NOTE(), MOST_NOTES);
            return Arrays.stream(notes).boxed().collect(Collectors.toSet());
        }
    }

    /** Keeps a factor which cuDNN reads from host memory whenever it puts the work on a stream. */
    Plan with(float value) {
        factor = arena.allocateFrom(ValueLayout.JAVA_FLOAT, value);
        return this;
    }

    /** Where that factor lies. */
    MemorySegment factor() {
        return factor;
    }

    /**
     * Puts one execution on the queue.
     *
     * @param ids unique ids of the operation's tensors
     * @param addresses device addresses in the same order
     */
    void run(Queue queue, long[] ids, MemorySegment... addresses) {
        MemorySegment workspace = MemorySegment.ofAddress(workspaceBytes == 0 ? 0 : queue.scratch(workspaceBytes));
        queue.call(this, stream -> {
            try (Descriptor pack = new Descriptor(cudnn.CUDNN_BACKEND_VARIANT_PACK_DESCRIPTOR(), what)
                    .longs(cudnn.CUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS(), ids)
                    .pointers(cudnn.CUDNN_ATTR_VARIANT_PACK_DATA_POINTERS(), cudnn.CUDNN_TYPE_VOID_PTR(), addresses)
                    .pointers(cudnn.CUDNN_ATTR_VARIANT_PACK_WORKSPACE(), cudnn.CUDNN_TYPE_VOID_PTR(), workspace)
                    .complete()) {
                library.execute(plan.handle(), pack.handle(), stream, what);
            }
        });
    }

    @Override
    protected void destroy() {
        arena.close();
        plan.close();
        origins.forEach(Descriptor::close);
    }
}
