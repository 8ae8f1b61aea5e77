package dev.earshot.cuda.blas;

import dev.earshot.bindings.NativeLibraries;
import dev.earshot.bindings.cublaslt.cublasLt;
import dev.earshot.cuda.CudaException;
import dev.earshot.cuda.blas.ProductPlan.Part;
import dev.earshot.cuda.device.CudaContext;
import dev.earshot.cuda.device.CudaDevice;
import dev.earshot.cuda.device.LibraryPlan;
import dev.earshot.cuda.device.PlanCache;
import dev.earshot.cuda.device.Queue;
import dev.earshot.tensor.DType;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Batched products of strided views on one device. Plans (descriptors and algorithms) are made at the first product of their
 * kind and kept; chosen algorithms are kept on disk, too (see {@link #CACHE}). The handle is made at the first product. Belongs to one {@link
 * CudaContext} and shares its thread rules.
 *
 * <p>The algorithm is the library's first proposal. With system property {@value #CANDIDATES} above 1 that many proposals
 * are timed at the first product of a kind, on scratch memory, and the fastest is kept: it may differ from machine to
 * machine and from run to run, so results then repeat bit for bit only while the file with the choices is kept.
 */
public final class MatrixProducts implements AutoCloseable {
    /** System property: how many proposed algorithms to time. */
    public static final String CANDIDATES = "earshot.cublaslt.candidates";

    /** System property: folder of the kept algorithms; {@code cublaslt} in the cache folder if it is not set. */
    public static final String CACHE = "earshot.cublaslt.cache";

    private static final System.Logger LOG = System.getLogger(MatrixProducts.class.getName());
    private static final long HOPPER_WORKSPACE = 32L << 20; // what NVIDIA recommends for compute capability 9.0 and up
    private static final long WORKSPACE = 4L << 20;
    private static final int TIMED_RUNS = 5;

    /** Plans kept, each a kilobyte or two: some models at some sizes. */
    private static final int MOST_KEPT = 1024;

    private final CudaContext cuda;
    private final PlanCache<ProductKey, Prepared> plans;
    private final ProductKey key = new ProductKey();
    private CublasLt library;
    private AlgorithmCache cache;
    private AlgorithmChooser chooser;

    /** What is known of a kind of product. */
    private abstract static sealed class Prepared extends LibraryPlan {}

    private static final class Known extends Prepared {
        private final ProductPlan plan;
        private final GemmPlan gemm;
        private final CublasLt library;

        Known(ProductPlan plan, GemmPlan gemm, CublasLt library) {
            this.plan = plan;
            this.gemm = gemm;
            this.library = library;
        }

        @Override
        protected void destroy() {
            gemm.descriptors().destroy(library);
        }
    }

    private static final class Refused extends Prepared {
        private final CudaException reason;

        Refused(CudaException reason) {
            this.reason = reason;
        }

        @Override
        protected void destroy() {} // nothing was made
    }

    /** Loads and makes nothing yet. */
    public MatrixProducts(CudaContext cuda) {
        this.cuda = cuda;
        this.plans = new PlanCache<>(cuda.queue(), MOST_KEPT);
    }

    /**
     * Puts a product on the device's queue.
     *
     * @throws CudaException if the library has no algorithm for it
     */
    public void multiply(Product product) {
        switch (find(product)) {
            case Known known -> issue(known, product);
            case Refused refused -> throw refused.reason;
        }
    }

    /** As {@link #multiply}; false, and nothing done, if the library has no algorithm for the product with its epilogue. */
    public boolean tryMultiply(Product product) {
        return switch (find(product)) {
            case Known known -> {
                issue(known, product);
                yield true;
            }
            case Refused refused -> false;
        };
    }

    private Prepared find(Product product) {
        open();
        Optional<Prepared> known = plans.find(key.of(product));
        if (known == null) {
            known = plans.prepare(key.copy(), () -> Optional.of(prepare(product)));
        }
        return known.orElseThrow();
    }

    private void issue(Known known, Product product) {
        ProductPlan plan = known.plan;
        GemmPlan gemm = known.gemm;
        long left = plan.swapped() ? product.b().address() : product.a().address();
        long right = plan.swapped() ? product.a().address() : product.b().address();
        long workspace = gemm.workspaceBytes() == 0 ? 0 : cuda.queue().scratch(gemm.workspaceBytes());
        long operandBytes = product.operands().bytes();
        long resultBytes = product.result().bytes();
        for (long call = 0, calls = plan.calls(); call < calls; call++) {
            // Row-major D = A B is column-major D^T = B^T A^T, so the right operand is the library's A.
            issue(
                    known,
                    new GemmPlan.Addresses(
                            right + plan.b().offset(call, plan.loops()) * operandBytes,
                            left + plan.a().offset(call, plan.loops()) * operandBytes,
                            product.c().address() + plan.c().offset(call, plan.loops()) * resultBytes,
                            product.d().address() + plan.d().offset(call, plan.loops()) * resultBytes,
                            product.bias(),
                            workspace),
                    product.alpha(),
                    product.beta());
        }
    }

    private Prepared prepare(Product product) {
        try {
            return plan(product);
        } catch (CudaException e) {
            boolean refused = e.status() == cublasLt.CUBLAS_STATUS_NOT_SUPPORTED()
                    || e.status() == cublasLt.CUBLAS_STATUS_INVALID_VALUE();
            if (!refused) {
                throw e;
            }
            LOG.log(Level.WARNING, "not done by one product: {0}", e.getMessage());
            return new Refused(e);
        }
    }

    private Known plan(Product product) {
        ProductPlan plan = ProductPlanner.plan(
                product.m(),
                product.n(),
                product.k(),
                product.leading(),
                product.a().strides(),
                product.b().strides(),
                product.c().strides(),
                product.d().strides());
        long left = plan.swapped() ? product.b().address() : product.a().address();
        long right = plan.swapped() ? product.a().address() : product.b().address();
        return new Known(plan, planOf(plan, product, left, right), library);
    }

    private void issue(Known known, GemmPlan.Addresses at, float alpha, float beta) {
        cuda.queue().call(known, stream -> known.library.matmul(known.gemm, at, alpha, beta, stream));
    }

    private GemmPlan planOf(ProductPlan plan, Product product, long left, long right) {
        boolean tf32 = cuda.options().tf32() && product.operands() == DType.F32;
        int operandBytes = product.operands().bytes();
        int resultBytes = product.result().bytes();
        Gemm gemm = new Gemm(
                Math.toIntExact(plan.n()),
                Math.toIntExact(plan.m()),
                Math.toIntExact(plan.k()),
                Math.toIntExact(plan.batches()),
                product.operands(),
                product.result(),
                tf32,
                product.epilogue(),
                product.bias() == 0 ? 0 : (int) ProductKey.alignment(product.bias()),
                product.beta() != 0,
                matrix(plan.b(), right, operandBytes),
                matrix(plan.a(), left, operandBytes),
                matrix(plan.c(), product.c().address(), resultBytes),
                matrix(plan.d(), product.d().address(), resultBytes));
        return chooser.plan(gemm, product.bias(), candidate -> time(candidate, product, left, right));
    }

    private static Gemm.Matrix matrix(Part part, long address, int elementBytes) {
        return new Gemm.Matrix(
                part.columnMajor(), part.ld(), part.batchStride(), part.alignment(address, elementBytes));
    }

    /** Nanoseconds of a few runs into scratch memory; not through the queue, so that no program keeps them. */
    private long time(GemmPlan candidate, Product product, long left, long right) {
        Queue queue = cuda.queue();
        Gemm gemm = candidate.descriptors().gemm();
        long result = queue.scratch(
                Math.multiplyExact(gemm.extentOfD(), product.result().bytes()));
        GemmPlan.Addresses at = new GemmPlan.Addresses(
                right,
                left,
                product.c().address(),
                result,
                product.bias(),
                candidate.workspaceBytes() == 0 ? 0 : queue.scratch(candidate.workspaceBytes()));
        library.matmul(candidate, at, product.alpha(), product.beta(), queue.stream());
        queue.synchronize();
        long start = System.nanoTime();
        for (int i = 0; i < TIMED_RUNS; i++) {
            library.matmul(candidate, at, product.alpha(), product.beta(), queue.stream());
        }
        queue.synchronize();
        return System.nanoTime() - start;
    }

    private void open() {
        if (library != null) {
            return;
        }
        library = CublasLt.create();
        CudaDevice card = cuda.device();
        String identity = "%s, compute capability %s, driver %s, cuBLASLt %d"
                .formatted(card.name(), card.computeCapability(), card.driver(), CublasLt.version());
        cache = new AlgorithmCache(cacheFolder(), identity);
        int candidates = Integer.getInteger(CANDIDATES, 1);
        if (candidates < 1) {
            throw new IllegalArgumentException(
                    "%s: expected a positive number, got %d".formatted(CANDIDATES, candidates));
        }
        chooser = new AlgorithmChooser(library, cache, card.major() >= 9 ? HOPPER_WORKSPACE : WORKSPACE, candidates);
    }

    private static Path cacheFolder() {
        String explicit = System.getProperty(CACHE, "");
        return explicit.isBlank()
                ? NativeLibraries.cacheFolder().resolve("cublaslt")
                : Path.of(explicit).toAbsolutePath();
    }

    @Override
    public void close() {
        if (library != null) {
            cache.save();
            plans.close();
            library.close();
            library = null;
        }
    }
}
