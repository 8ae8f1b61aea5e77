package dev.earshot.cuda.device;

import java.lang.foreign.MemorySegment;

/**
 * A kernel function. Its module is loaded at the first launch, so that naming kernels costs nothing at start. Belongs to one
 * {@link CudaContext} and shares its thread rules.
 */
public final class Kernel {
    /** Dynamic shared memory that every kernel may use without asking. */
    private static final int FREE_SHARED_BYTES = 48 << 10;

    private final KernelModules modules;
    private final String module;
    private final String name;
    private KernelModules.Function function;
    private MemorySegment arguments;
    private int reservedShared = FREE_SHARED_BYTES;

    Kernel(KernelModules modules, String module, String name) {
        this.modules = modules;
        this.module = module;
        this.name = name;
    }

    private KernelModules.Function function() {
        if (function == null) {
            function = modules.function(module, name);
        }
        return function;
    }

    MemorySegment handle() {
        return function().handle();
    }

    int[] parameterSizes() {
        return function().parameterSizes();
    }

    /** Where {@code launch}, the only one of this context, keeps the arguments of this kernel. */
    MemorySegment arguments(Launch launch) {
        if (arguments == null) {
            arguments = launch.addresses(parameterSizes());
        }
        return arguments;
    }

    /** Asks for more dynamic shared memory than a kernel has by default, once per new maximum. */
    void reserveShared(int bytes) {
        if (bytes > reservedShared) {
            modules.reserveShared(function(), bytes);
            reservedShared = bytes;
        }
    }

    /** For example {@code kernel layer_norm_f32}. */
    @Override
    public String toString() {
        return "kernel " + name;
    }
}
