package dev.earshot.tools;

import dev.earshot.tensor.DType;

/** Arithmetic of the networks' products, the value of {@code --precision}; everything else stays in fp32. */
enum Precision {
    /** Full fp32. */
    FP32,
    /** fp32 in memory, operands rounded to tf32 on a card's matrix units. */
    TF32,
    /** Operands in bf16. */
    BF16,
    /** fp32 in memory, wide linear layers in 8-bit integers: {@link dev.earshot.tensor.DynamicInt8}. */
    INT8;

    /** What {@code --help} says. */
    static final String HELP = "fp32 (default), tf32 (a card only: faster, about 3 digits), bf16, "
            + "or int8 (the CPU only: wide linear layers in 8-bit integers).";

    /** Type in which the products' operands are kept. */
    DType compute() {
        return this == BF16 ? DType.BF16 : DType.F32;
    }
}
