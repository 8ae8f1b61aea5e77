package dev.earshot.cuda.kernels;

import dev.earshot.cuda.device.CudaContext;
import dev.earshot.cuda.device.Kernel;
import dev.earshot.cuda.device.Launch;

/** The two forms of an elementwise kernel, {@code NAME_packed} and {@code NAME_strided}, and the size of their grid. */
final class LoopKernel {
    /** As in {@code elementwise.cuh}. */
    private static final int BLOCK = 256;

    /** Units per thread where little is computed, as in {@code elementwise.cuh}. */
    private static final int PACKS_PER_THREAD = 2;

    private static final int ELEMENTS_PER_THREAD = 4;

    private final CudaContext cuda;
    private final Kernel packed;
    private final Kernel strided;
    private final int packsPerThread;
    private final int elementsPerThread;

    private LoopKernel(CudaContext cuda, String module, String name, int packs, int elements) {
        this.cuda = cuda;
        this.packed = cuda.kernel(module, name + "_packed");
        this.strided = cuda.kernel(module, name + "_strided");
        this.packsPerThread = packs;
        this.elementsPerThread = elements;
    }

    /** A kernel of the default units per thread. */
    static LoopKernel of(CudaContext cuda, String module, String name) {
        return new LoopKernel(cuda, module, name, PACKS_PER_THREAD, ELEMENTS_PER_THREAD);
    }

    /** A kernel whose threads have one unit each. */
    static LoopKernel single(CudaContext cuda, String module, String name) {
        return new LoopKernel(cuda, module, name, 1, 1);
    }

    /** Starts the launch of one piece of planned loops; the kernel's further arguments follow. */
    Launch begin(Loops loops, long piece) {
        return cuda.queue().launch(loops.packed() ? packed : strided).struct(loops.words(piece));
    }

    /** Launches the piece that {@link #begin} started. */
    void run(Launch launch, Loops loops) {
        long perBlock = (long) BLOCK * (loops.packed() ? packsPerThread : elementsPerThread);
        launch.run(Loops.ceil(loops.units(), perBlock), BLOCK);
    }
}
