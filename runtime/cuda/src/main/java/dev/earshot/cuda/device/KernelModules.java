package dev.earshot.cuda.device;

import dev.earshot.kernels.KernelImages;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import jcuda.CudaException;
import jcuda.driver.CUfunction;
import jcuda.driver.CUfunction_attribute;
import jcuda.driver.CUmodule;
import jcuda.driver.JCudaDriver;

/**
 * Loads PTX modules through JCuda, each when its first kernel is asked for. On a card of compute capability 9.0 a module's
 * Hopper variant is taken where there is one and the driver accepts it, else the portable one.
 */
final class KernelModules implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(KernelModules.class.getName());
    private static final String UNSUPPORTED_PTX = "UNSUPPORTED_PTX_VERSION";

    private final CudaContext context;
    private final Map<String, Module> modules = new HashMap<>();

    /** A function with its handle in the form in which FFM calls take it. */
    record Function(FunctionHandle jcuda, MemorySegment handle, int[] parameterSizes) {}

    private record Module(CUmodule handle, Map<String, int[]> entries) {}

    /** JCuda keeps the address to itself; a subclass may read it. */
    private static final class FunctionHandle extends CUfunction {
        long address() {
            return getNativePointer();
        }
    }

    KernelModules(CudaContext context) {
        this.context = context;
    }

    /** The kernel {@code name} of {@code module}, which is loaded if it is not. */
    Function function(String module, String name) {
        context.makeCurrent();
        Module loaded = modules.computeIfAbsent(module, this::load);
        int[] parameterSizes = loaded.entries().get(name);
        if (parameterSizes == null) {
            throw new IllegalStateException("kernel module %s: expected an entry %s, got %s"
                    .formatted(module, name, loaded.entries().keySet()));
        }
        FunctionHandle function = new FunctionHandle();
        try {
            JCudaDriver.cuModuleGetFunction(function, loaded.handle(), name);
        } catch (CudaException e) {
            throw context.failureNamed("cuModuleGetFunction of %s in %s".formatted(name, module), e.getMessage());
        }
        return new Function(function, MemorySegment.ofAddress(function.address()), parameterSizes);
    }

    private Module load(String module) {
        Optional<String> hopper =
                context.device().isHopper() ? KernelImages.ptx(module, KernelImages.HOPPER) : Optional.empty();
        if (hopper.isPresent()) {
            try {
                return loadText(hopper.get());
            } catch (CudaException e) {
                LOG.log(System.Logger.Level.DEBUG, "module {0}: no Hopper variant here: {1}", module, e.getMessage());
            }
        }
        String portable = KernelImages.ptx(module, KernelImages.PORTABLE)
                .orElseThrow(() -> new IllegalStateException(
                        "kernel module %s: expected its PTX in earshot-kernels, got nothing".formatted(module)));
        try {
            return loadText(portable);
        } catch (CudaException e) {
            String advice = e.getMessage().contains(UNSUPPORTED_PTX)
                    ? " — the driver is too old for it; install a newer one"
                    : "";
            throw context.failureNamed("cuModuleLoadData of %s%s".formatted(module, advice), e.getMessage());
        }
    }

    private static Module loadText(String ptx) {
        byte[] text = ptx.getBytes(StandardCharsets.US_ASCII);
        CUmodule handle = new CUmodule();
        JCudaDriver.cuModuleLoadData(handle, Arrays.copyOf(text, text.length + 1)); // the driver wants a final zero
        return new Module(handle, PtxEntries.of(ptx));
    }

    void reserveShared(Function function, int bytes) {
        int most = context.device().sharedBytesPerBlock();
        if (bytes > most) {
            throw new IllegalArgumentException(
                    "shared memory per block: expected at most %d bytes on %s, got %d".formatted(most, context, bytes));
        }
        try {
            JCudaDriver.cuFuncSetAttribute(
                    function.jcuda(), CUfunction_attribute.CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES, bytes);
        } catch (CudaException e) {
            throw context.failureNamed("cuFuncSetAttribute of %d shared bytes".formatted(bytes), e.getMessage());
        }
    }

    @Override
    public void close() {
        for (Module module : modules.values()) {
            JCudaDriver.cuModuleUnload(module.handle());
        }
        modules.clear();
    }
}
