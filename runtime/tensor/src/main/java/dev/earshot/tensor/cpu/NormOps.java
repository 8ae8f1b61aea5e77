package dev.earshot.tensor.cpu;

import dev.earshot.bindings.onednn.dnnl;
import dev.earshot.tensor.DType;
import java.util.Optional;

/** The row-wise normalisations; rows are shared between the workers. */
final class NormOps {
    private NormOps() {}

    /** Learned scale and shift of a layer norm, F32 [width] each. */
    record Affine(View gamma, View beta) {}

    /** See {@link dev.earshot.tensor.Backend#layerNorm}. */
    record LayerNorm(View x, Optional<Affine> affine, float eps, View out) implements Op {
        private record Key(long rows, long width, DType out, float eps, boolean affine) {}

        @Override
        public void bind(Binder binder) {
            View source = binder.denseInput(x);
            boolean direct = out.isDense() && out.dtype() == DType.BF16 && binder.nativeBf16();
            View target = direct ? out : binder.denseOutput(out);
            forEachRowRange(binder, "layerNorm " + x, source, (worker, first, rows) -> {
                Key key = new Key(rows, x.dim(-1), target.dtype(), eps, affine.isPresent());
                Primitive primitive = binder.primitive(key, () -> create(binder.onednn(), key));
                Call.Builder call = Call.of(worker, primitive)
                        .with(dnnl.DNNL_ARG_SRC(), source.at(first * x.dim(-1)))
                        .with(dnnl.DNNL_ARG_DST(), target.at(first * x.dim(-1)));
                affine.ifPresent(a -> call.with(dnnl.DNNL_ARG_SCALE(), a.gamma().address())
                        .with(dnnl.DNNL_ARG_SHIFT(), a.beta().address()));
                return call.bind();
            });
            binder.finish(target, out);
        }

        private static Primitive create(OneDnn onednn, Key key) {
            try (MemoryDesc src = MemoryDesc.dense(DType.F32, key.rows(), key.width());
                    MemoryDesc dst = MemoryDesc.dense(key.out(), key.rows(), key.width())) {
                return onednn.layerNorm(src, dst, key.eps(), key.affine());
            }
        }
    }

    /** See {@link dev.earshot.tensor.Backend#softmax}. */
    record Softmax(View x, float scale, View out) implements Op {
        private record Key(long rows, long width, DType out) {}

        @Override
        public void bind(Binder binder) {
            View target = binder.denseOutput(out);
            View source;
            if (scale == 1) {
                source = binder.denseInput(x);
            } else {
                source = target;
                Elementwise.affine(binder, x, scale, 0, target);
            }
            forEachRowRange(binder, "softmax " + x, source, (worker, first, rows) -> {
                Primitive primitive = primitive(binder, rows, x.dim(-1), DType.F32);
                return Call.of(worker, primitive)
                        .with(dnnl.DNNL_ARG_SRC(), source.at(first * x.dim(-1)))
                        .with(dnnl.DNNL_ARG_DST(), target.at(first * x.dim(-1)))
                        .bind();
            });
            binder.finish(target, out);
        }

        /** Softmax of dense F32 rows to dense rows of {@code out}, F32 ones in place or not. */
        static Primitive primitive(Binder binder, long rows, long width, DType out) {
            return binder.primitive(new Key(rows, width, out), () -> {
                try (MemoryDesc source = MemoryDesc.dense(DType.F32, rows, width);
                        MemoryDesc target = MemoryDesc.dense(out, rows, width)) {
                    return binder.onednn().softmax(source, target, 1);
                }
            });
        }
    }

    @FunctionalInterface
    private interface RowRange {
        Task bind(Worker worker, long first, long rows);
    }

    private static void forEachRowRange(Binder binder, String name, View x, RowRange range) {
        long rows = x.elements() / x.dim(-1);
        int workers = RowSharing.workers(binder, rows, x.elements());
        Task[] shares = new Task[workers];
        for (int i = 0; i < workers; i++) {
            long first = rows * i / workers;
            shares[i] = range.bind(binder.worker(i), first, rows * (i + 1) / workers - first);
        }
        binder.add(name, 0, shares);
    }
}
