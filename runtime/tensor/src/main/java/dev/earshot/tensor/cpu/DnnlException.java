package dev.earshot.tensor.cpu;

import dev.earshot.bindings.onednn.dnnl;

/** A oneDNN call returned a status other than success. */
final class DnnlException extends IllegalStateException {
    private static final long serialVersionUID = 1L;

    private final int status;

    DnnlException(String call, int status) {
        super("oneDNN %s failed: status %d (%s)".formatted(call, status, name(status)));
        this.status = status;
    }

    /** True if the library has no implementation of what was asked on this processor. */
    boolean unimplemented() {
        return status == dnnl.dnnl_unimplemented() || status == dnnl.dnnl_last_impl_reached();
    }

    private static String name(int status) {
        if (status == dnnl.dnnl_out_of_memory()) {
            return "out of memory";
        }
        if (status == dnnl.dnnl_invalid_arguments()) {
            return "invalid arguments";
        }
        if (status == dnnl.dnnl_unimplemented()) {
            return "unimplemented";
        }
        return status == dnnl.dnnl_runtime_error() ? "runtime error" : "unknown";
    }
}
