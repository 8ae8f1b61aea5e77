package dev.earshot.tensor.cpu;

import dev.earshot.tensor.Activation;
import dev.earshot.tensor.Linear;
import java.util.Optional;

/** A linear layer packed for this backend. */
sealed interface CpuLinear extends Linear permits PackedLinear, Int8Linear {
    /** Where it may be used. */
    CpuParameters owner();

    /** The op out = [residual +] activation(x W^T + b). */
    Op forward(View x, Activation activation, Optional<View> residual, View out);
}
