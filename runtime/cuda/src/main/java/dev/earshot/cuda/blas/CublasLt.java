package dev.earshot.cuda.blas;

import dev.earshot.bindings.cublaslt.cublasLt;
import dev.earshot.bindings.cublaslt.cublasLtMatmulHeuristicResult_t;
import dev.earshot.cuda.CudaException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.ValueLayout;

/**
 * A cuBLASLt handle and the calls that we make of the library, every status turned into an exception. Used by the thread
 * that owns the device's queue, whose context must be current. Needs the library loaded before.
 */
final class CublasLt implements AutoCloseable {
    private final Arena arena = Arena.ofShared();
    private final MemorySegment out = arena.allocate(ValueLayout.ADDRESS);
    private final MemorySegment number = arena.allocate(ValueLayout.JAVA_LONG);
    private final MemorySegment alpha = arena.allocate(ValueLayout.JAVA_FLOAT);
    private final MemorySegment beta = arena.allocate(ValueLayout.JAVA_FLOAT);
    private MemorySegment handle;

    /**
     * Makes a handle for the current context.
     *
     * @throws CudaException if the library refuses, as it does without a device
     */
    static CublasLt create() {
        CublasLt library = new CublasLt();
        try {
            check("cublasLtCreate", cublasLt.cublasLtCreate(library.out), "the current device");
            library.handle = library.out.get(ValueLayout.ADDRESS, 0);
            return library;
        } catch (RuntimeException e) {
            library.close();
            throw e;
        }
    }

    /** The calls that need no handle and so no device: descriptors, layouts, preferences. */
    static CublasLt withoutHandle() {
        return new CublasLt();
    }

    private CublasLt() {}

    /** For example 130101 for 13.1.1. */
    static long version() {
        return cublasLt.cublasLtGetVersion();
    }

    /** Name of a status as the library writes it, for example {@code CUBLAS_STATUS_NOT_SUPPORTED}. */
    @SuppressWarnings("restricted") // a string of the library's own, ended by a zero
    static String statusName(int status) {
        return cublasLt.cublasLtGetStatusName(status)
                .reinterpret(Long.MAX_VALUE)
                .getString(0);
    }

    /** Throws for any status but success; {@code what} names the product. */
    static void check(String function, int status, Object what) {
        if (status != cublasLt.CUBLAS_STATUS_SUCCESS()) {
            throw new CudaException(
                    "%s failed: %s (%d) for %s".formatted(function, statusName(status), status, what), status);
        }
    }

    /** An operation descriptor that computes and scales in F32. */
    MemorySegment createOperation(int computeType, Object what) {
        int status = cublasLt.cublasLtMatmulDescCreate(out, computeType, cublasLt.CUDA_R_32F());
        check("cublasLtMatmulDescCreate", status, what);
        return out.get(ValueLayout.ADDRESS, 0);
    }

    void destroyOperation(MemorySegment operation) {
        check("cublasLtMatmulDescDestroy", cublasLt.cublasLtMatmulDescDestroy(operation), "an operation");
    }

    /** Sets an attribute of 32 bits. */
    void setOperation(MemorySegment operation, int attribute, int value, Object what) {
        number.set(ValueLayout.JAVA_INT, 0, value);
        sendOperation(operation, attribute, Integer.BYTES, what);
    }

    /** Sets an attribute that is a device address. */
    void setOperationAddress(MemorySegment operation, int attribute, long address, Object what) {
        number.set(ValueLayout.JAVA_LONG, 0, address);
        sendOperation(operation, attribute, Long.BYTES, what);
    }

    private void sendOperation(MemorySegment operation, int attribute, long bytes, Object what) {
        int status = cublasLt.cublasLtMatmulDescSetAttribute(operation, attribute, number, bytes);
        check("cublasLtMatmulDescSetAttribute(" + attribute + ")", status, what);
    }

    /** A column-major layout of equal matrices, {@code batchStride} elements apart. */
    MemorySegment createLayout(int type, long rows, long columns, long ld, int batches, long batchStride, Object what) {
        check("cublasLtMatrixLayoutCreate", cublasLt.cublasLtMatrixLayoutCreate(out, type, rows, columns, ld), what);
        MemorySegment layout = out.get(ValueLayout.ADDRESS, 0);
        number.set(ValueLayout.JAVA_INT, 0, batches);
        sendLayout(layout, cublasLt.CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT(), Integer.BYTES, what);
        number.set(ValueLayout.JAVA_LONG, 0, batchStride);
        sendLayout(layout, cublasLt.CUBLASLT_MATRIX_LAYOUT_STRIDED_BATCH_OFFSET(), Long.BYTES, what);
        return layout;
    }

    private void sendLayout(MemorySegment layout, int attribute, long bytes, Object what) {
        int status = cublasLt.cublasLtMatrixLayoutSetAttribute(layout, attribute, number, bytes);
        check("cublasLtMatrixLayoutSetAttribute(" + attribute + ")", status, what);
    }

    void destroyLayout(MemorySegment layout) {
        check("cublasLtMatrixLayoutDestroy", cublasLt.cublasLtMatrixLayoutDestroy(layout), "a layout");
    }

    /**
     * Preferences of the algorithm search.
     *
     * @param workspaceBytes most workspace that an algorithm may ask for
     * @param alignments bytes to which A, B, C and D are aligned
     */
    MemorySegment createPreference(long workspaceBytes, int[] alignments, Object what) {
        check("cublasLtMatmulPreferenceCreate", cublasLt.cublasLtMatmulPreferenceCreate(out), what);
        MemorySegment preference = out.get(ValueLayout.ADDRESS, 0);
        number.set(ValueLayout.JAVA_LONG, 0, workspaceBytes);
        sendPreference(preference, cublasLt.CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES(), Long.BYTES, what);
        // Parts of long sums go to the workspace in F32 and are added up in a fixed order; never through D's own type.
        number.set(ValueLayout.JAVA_INT, 0, cublasLt.CUBLASLT_REDUCTION_SCHEME_COMPUTE_TYPE());
        sendPreference(preference, cublasLt.CUBLASLT_MATMUL_PREF_REDUCTION_SCHEME_MASK(), Integer.BYTES, what);
        int[] attributes = {
            cublasLt.CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES(),
            cublasLt.CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES(),
            cublasLt.CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES(),
            cublasLt.CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES()
        };
        for (int i = 0; i < attributes.length; i++) {
            number.set(ValueLayout.JAVA_INT, 0, alignments[i]);
            sendPreference(preference, attributes[i], Integer.BYTES, what);
        }
        return preference;
    }

    private void sendPreference(MemorySegment preference, int attribute, long bytes, Object what) {
        int status = cublasLt.cublasLtMatmulPreferenceSetAttribute(preference, attribute, number, bytes);
        check("cublasLtMatmulPreferenceSetAttribute(" + attribute + ")", status, what);
    }

    void destroyPreference(MemorySegment preference) {
        check("cublasLtMatmulPreferenceDestroy", cublasLt.cublasLtMatmulPreferenceDestroy(preference), "preferences");
    }

    /** Up to {@code wanted} candidates in {@code results}, best first; returns how many. */
    int heuristic(GemmDescriptors of, MemorySegment preference, int wanted, MemorySegment results) {
        int status = cublasLt.cublasLtMatmulAlgoGetHeuristic(
                handle(), of.operation(), of.a(), of.b(), of.c(), of.d(), preference, wanted, results, number);
        check("cublasLtMatmulAlgoGetHeuristic", status, of.gemm());
        return number.get(ValueLayout.JAVA_INT, 0);
    }

    /**
     * True if an algorithm from elsewhere can run here; {@code result} then holds its workspace size.
     *
     * @param algorithm 64 bytes
     */
    boolean accepts(GemmDescriptors of, MemorySegment algorithm, MemorySegment result) {
        int status = cublasLt.cublasLtMatmulAlgoCheck(
                handle(), of.operation(), of.a(), of.b(), of.c(), of.d(), algorithm, result);
        return status == cublasLt.CUBLAS_STATUS_SUCCESS();
    }

    /** Memory for the answers of {@link #heuristic}. */
    static MemorySegment results(int count, SegmentAllocator allocator) {
        return cublasLtMatmulHeuristicResult_t.allocateArray(count, allocator);
    }

    /** Puts a product on the stream; the factors are read before this returns. */
    void matmul(GemmPlan plan, GemmPlan.Addresses at, float alphaValue, float betaValue, MemorySegment stream) {
        GemmDescriptors of = plan.descriptors();
        if (of.gemm().epilogue().isBiased()) {
            setOperationAddress(of.operation(), cublasLt.CUBLASLT_MATMUL_DESC_BIAS_POINTER(), at.bias(), of.gemm());
        }
        alpha.set(ValueLayout.JAVA_FLOAT, 0, alphaValue);
        beta.set(ValueLayout.JAVA_FLOAT, 0, betaValue);
        int status = cublasLt.cublasLtMatmul(
                handle(),
                of.operation(),
                alpha,
                MemorySegment.ofAddress(at.a()),
                of.a(),
                MemorySegment.ofAddress(at.b()),
                of.b(),
                beta,
                MemorySegment.ofAddress(at.c()),
                of.c(),
                MemorySegment.ofAddress(at.d()),
                of.d(),
                plan.algorithm(),
                MemorySegment.ofAddress(at.workspace()),
                plan.workspaceBytes(),
                stream);
        check("cublasLtMatmul", status, of.gemm());
    }

    private MemorySegment handle() {
        if (handle == null) {
            throw new IllegalStateException("cuBLASLt: expected an open handle, got one that was closed or never made");
        }
        return handle;
    }

    @Override
    public void close() {
        if (!arena.scope().isAlive()) {
            return;
        }
        MemorySegment last = handle;
        handle = null;
        arena.close();
        if (last != null) {
            cublasLt.cublasLtDestroy(last); // fails on a device that is lost, and then there is nothing left to do
        }
    }
}
