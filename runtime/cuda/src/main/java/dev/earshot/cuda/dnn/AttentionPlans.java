package dev.earshot.cuda.dnn;

import dev.earshot.bindings.cudnn.cudnn;
import dev.earshot.cuda.device.CudaContext;
import dev.earshot.cuda.device.PlanCache;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Optional;

/**
 * Plans of cuDNN's fused attention, one per shape, layout and scale: bf16 operands and results, no additive term, head widths that
 * are multiples of 8, cuDNN 9.13 or newer (which has attention as one operation). Everything else is our own kernel's.
 */
public final class AttentionPlans implements AutoCloseable {
    private static final long FIRST_VERSION = 91300;
    private static final long[] IDS = {'q', 'k', 'v', 'o', 's'};
    private static final int ALIGNMENT = 16;
    private static final int ELEMENTS = ALIGNMENT / 2;
    private static final int WIDEST_HEAD = 128;

    private final CudaContext context;
    private final Cudnn library;
    private final PlanCache<Key, Plan> plans;

    /** One operand as cuDNN sees it: [batch, heads, tokens, head width]. */
    private record View(long batch, int heads, long tokens, long width, long batchStride, long tokenStride) {
        static View of(Tensor x, int heads) {
            return new View(x.dim(0), heads, x.dim(1), x.dim(2) / heads, x.stride(0), x.stride(1));
        }

        Descriptor descriptor(long id, String what) {
            long[] dims = {batch, heads, tokens, width};
            long[] strides = {batchStride, width, tokenStride, 1};
            return Tensors.strided(id, dims, strides, DType.BF16, ALIGNMENT, what)
                    .complete();
        }
    }

    private record Key(View q, View k, View v, View out, float scale) {}

    public AttentionPlans(CudaContext context, Cudnn library) {
        this.context = context;
        this.library = library;
        this.plans = new PlanCache<>(context.queue(), Plan.MOST_KEPT);
    }

    /**
     * Attends if cuDNN can.
     *
     * @return false if there is no plan for these operands; nothing was done then
     */
    public boolean run(Tensor q, Tensor k, Tensor v, int heads, float scale, Tensor out) {
        Tensor[] operands = {q, k, v, out};
        if (!Arrays.stream(operands).allMatch(x -> fits(x, heads)) || Cudnn.version() < FIRST_VERSION) {
            return false;
        }
        Key key = new Key(View.of(q, heads), View.of(k, heads), View.of(v, heads), View.of(out, heads), scale);
        Optional<Plan> known = plans.find(key);
        Optional<Plan> plan = known != null ? known : plans.prepare(key, () -> plan(key));
        if (plan.isEmpty()) {
            return false;
        }
        MemorySegment[] addresses = new MemorySegment[IDS.length];
        for (int i = 0; i < operands.length; i++) {
            addresses[i] = MemorySegment.ofAddress(context.address(operands[i]));
        }
        addresses[operands.length] = plan.get().factor();
        plan.get().run(context.queue(), IDS, addresses);
        return true;
    }

    private boolean fits(Tensor x, int heads) {
        long width = x.dim(2) / heads;
        return x.dtype() == DType.BF16
                && width % ELEMENTS == 0
                && width <= WIDEST_HEAD
                && isStride(x.stride(0))
                && isStride(x.stride(1))
                && context.address(x) % ALIGNMENT == 0;
    }

    /** cuDNN takes no operand that repeats its rows. */
    private static boolean isStride(long stride) {
        return stride > 0 && stride % ELEMENTS == 0;
    }

    private Optional<Plan> plan(Key key) {
        String what = "attention " + key;
        Descriptor scale = Tensors.strided(
                        IDS[4], new long[] {1, 1, 1, 1}, new long[] {1, 1, 1, 1}, DType.F32, Float.BYTES, what)
                .flag(cudnn.CUDNN_ATTR_TENSOR_IS_BY_VALUE(), true)
                .complete();
        Descriptor operation = new Descriptor(cudnn.CUDNN_BACKEND_OPERATION_SDPA_FWD_DESCRIPTOR(), what)
                .parts(cudnn.CUDNN_ATTR_OPERATION_SDPA_FWD_QDESC(), key.q.descriptor(IDS[0], what))
                .parts(cudnn.CUDNN_ATTR_OPERATION_SDPA_FWD_KDESC(), key.k.descriptor(IDS[1], what))
                .parts(cudnn.CUDNN_ATTR_OPERATION_SDPA_FWD_VDESC(), key.v.descriptor(IDS[2], what))
                .parts(cudnn.CUDNN_ATTR_OPERATION_SDPA_FWD_ODESC(), key.out.descriptor(IDS[3], what))
                .parts(cudnn.CUDNN_ATTR_OPERATION_SDPA_FWD_SCALEDESC(), scale);
        if (operation.tryComplete() != cudnn.CUDNN_STATUS_SUCCESS()) {
            operation.close();
            return Optional.empty();
        }
        return Plan.of(library, operation, Plan.Exactness.FAST, what).map(plan -> plan.with(key.scale));
    }

    @Override
    public void close() {
        plans.close();
    }
}
