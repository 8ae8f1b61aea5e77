package dev.earshot.cuda.kernels;

import dev.earshot.cuda.device.CudaContext;
import dev.earshot.cuda.device.Kernel;
import dev.earshot.tensor.DType;

/** The instances of one kernel for F32 and BF16 in and out: {@code name_f32}, {@code name_f32_bf16}, {@code name_bf16} … */
final class TypedKernels {
    private final Kernel[] kernels = new Kernel[4];

    /** Instances for any pair of types. */
    TypedKernels(CudaContext cuda, String module, String name) {
        for (DType in : new DType[] {DType.F32, DType.BF16}) {
            for (DType out : new DType[] {DType.F32, DType.BF16}) {
                kernels[index(in, out)] = cuda.kernel(module, name + suffix(in, out));
            }
        }
    }

    private static String suffix(DType in, DType out) {
        String from = "_" + in.name().toLowerCase(java.util.Locale.ROOT);
        return in == out ? from : from + "_" + out.name().toLowerCase(java.util.Locale.ROOT);
    }

    private static int index(DType in, DType out) {
        return (in == DType.BF16 ? 2 : 0) + (out == DType.BF16 ? 1 : 0);
    }

    Kernel of(DType in, DType out) {
        return kernels[index(in, out)];
    }

    /** The instance of a kernel whose name has one type. */
    Kernel of(DType type) {
        return of(type, type);
    }
}
