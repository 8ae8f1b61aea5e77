package dev.earshot.cuda.blas;

import dev.earshot.bindings.cublaslt.cublasLt;
import dev.earshot.bindings.cublaslt.cublasLtMatmulHeuristicResult_t;
import dev.earshot.cuda.CudaException;
import java.lang.System.Logger.Level;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.ToLongFunction;

/**
 * Picks the algorithm of a product: the one kept on disk if the library still accepts it, else the library's first proposal,
 * or, where several are asked for, the fastest of them.
 */
final class AlgorithmChooser {
    private static final System.Logger LOG = System.getLogger(AlgorithmChooser.class.getName());

    private final CublasLt library;
    private final AlgorithmCache cache;
    private final long workspaceLimit;
    private final int candidates;

    /**
     * @param workspaceLimit most bytes of workspace that an algorithm may need
     * @param candidates how many proposals to time; 1 takes the first untimed
     */
    AlgorithmChooser(CublasLt library, AlgorithmCache cache, long workspaceLimit, int candidates) {
        this.library = library;
        this.cache = cache;
        this.workspaceLimit = workspaceLimit;
        this.candidates = candidates;
    }

    /**
     * Makes a plan.
     *
     * @param bias address of the bias, whose alignment matters to the choice; 0 for none
     * @param nanos runs a plan on memory that nobody needs and says how long it took
     */
    GemmPlan plan(Gemm gemm, long bias, ToLongFunction<GemmPlan> nanos) {
        GemmDescriptors descriptors = GemmDescriptors.create(library, gemm);
        try {
            if (gemm.epilogue().isBiased()) {
                library.setOperationAddress(
                        descriptors.operation(), cublasLt.CUBLASLT_MATMUL_DESC_BIAS_POINTER(), bias, gemm);
            }
            return kept(descriptors).orElseGet(() -> chosen(descriptors, nanos));
        } catch (RuntimeException e) {
            descriptors.destroy(library);
            throw e;
        }
    }

    private Optional<GemmPlan> kept(GemmDescriptors descriptors) {
        return cache.find(descriptors.gemm()).flatMap(bytes -> {
            MemorySegment algorithm = descriptors.arena().allocate(AlgorithmCache.ALGORITHM_BYTES, Long.BYTES);
            algorithm.copyFrom(MemorySegment.ofArray(bytes));
            try (Arena scratch = Arena.ofConfined()) {
                MemorySegment result = CublasLt.results(1, scratch);
                if (library.accepts(descriptors, algorithm, result)) {
                    long workspace = cublasLtMatmulHeuristicResult_t.workspaceSize(result);
                    if (workspace <= workspaceLimit) {
                        return Optional.of(new GemmPlan(descriptors, algorithm, workspace));
                    }
                }
            }
            LOG.log(
                    Level.DEBUG,
                    "the kept cuBLASLt algorithm does not run here, searching anew: {0}",
                    descriptors.gemm());
            return Optional.empty();
        });
    }

    private GemmPlan chosen(GemmDescriptors descriptors, ToLongFunction<GemmPlan> nanos) {
        List<GemmPlan> proposed = propose(descriptors);
        GemmPlan best = proposed.getFirst();
        long bestNanos = Long.MAX_VALUE;
        for (GemmPlan plan : proposed.size() == 1 ? List.<GemmPlan>of() : proposed) {
            long took = nanos.applyAsLong(plan);
            if (took < bestNanos) {
                best = plan;
                bestNanos = took;
            }
        }
        cache.put(descriptors.gemm(), best.algorithm().toArray(ValueLayout.JAVA_BYTE));
        return best;
    }

    private List<GemmPlan> propose(GemmDescriptors descriptors) {
        Gemm gemm = descriptors.gemm();
        int[] alignments = {
            gemm.a().alignment(),
            gemm.b().alignment(),
            gemm.c().alignment(),
            gemm.d().alignment()
        };
        MemorySegment preference = library.createPreference(workspaceLimit, alignments, gemm);
        try (Arena scratch = Arena.ofConfined()) {
            MemorySegment results = CublasLt.results(candidates, scratch);
            int count = library.heuristic(descriptors, preference, candidates, results);
            List<GemmPlan> plans = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                MemorySegment result = cublasLtMatmulHeuristicResult_t.asSlice(results, i);
                if (cublasLtMatmulHeuristicResult_t.state(result) == cublasLt.CUBLAS_STATUS_SUCCESS()) {
                    MemorySegment algorithm = descriptors.arena().allocate(AlgorithmCache.ALGORITHM_BYTES, Long.BYTES);
                    algorithm.copyFrom(cublasLtMatmulHeuristicResult_t.algo(result));
                    plans.add(new GemmPlan(
                            descriptors, algorithm, cublasLtMatmulHeuristicResult_t.workspaceSize(result)));
                }
            }
            if (plans.isEmpty()) {
                throw new CudaException(
                        "cublasLtMatmulAlgoGetHeuristic: expected at least one algorithm, got none for " + gemm,
                        cublasLt.CUBLAS_STATUS_NOT_SUPPORTED());
            }
            return plans;
        } finally {
            library.destroyPreference(preference);
        }
    }
}
